//! A deterministic, believable city to show what Parat does.
