//! The child process that reads strangers' files: limits, sandbox, and what goes over the pipe.
