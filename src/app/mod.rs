//! The one orchestrator: the way in, the live layers, the compute permits.
