//! Boxes in, row positions out: rstar where the set is in hand, geo-index where it is mapped.
