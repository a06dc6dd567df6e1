//! Coordinate reference systems: from what a file names to longitude/latitude, axis order settled here
//! and nowhere else.
