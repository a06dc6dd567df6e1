//! Tables of observations, and how they join a layer.
