//! The table of failures: each with its status code, its name for ever, and what it means.

use axum::http::StatusCode;

/// A row of the table of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Kind {
    /// The status code.
    pub status: StatusCode,
    /// Stable for ever; clients may compare it.
    pub code: &'static str,
    /// What it means, without particulars.
    pub title: &'static str,
}

const fn kind(status: StatusCode, code: &'static str, title: &'static str) -> Kind {
    Kind {
        status,
        code,
        title,
    }
}

/// A parameter that this path does not have.
pub(in crate::http) const UNKNOWN_PARAMETER: Kind = kind(
    StatusCode::BAD_REQUEST,
    "unknown_parameter",
    "This path has no such parameter",
);

/// A parameter with a value that it cannot have.
pub(in crate::http) const BAD_PARAMETER: Kind = kind(
    StatusCode::BAD_REQUEST,
    "bad_parameter",
    "A parameter has a value it cannot have",
);

/// A request body that cannot be understood.
pub(in crate::http) const BAD_BODY: Kind = kind(
    StatusCode::BAD_REQUEST,
    "bad_body",
    "The body cannot be understood",
);

/// Something that is not there.
pub(in crate::http) const NOT_FOUND: Kind = kind(
    StatusCode::NOT_FOUND,
    "not_found",
    "There is nothing of this name",
);

/// A path that no route has.
pub(in crate::http) const NO_SUCH_PATH: Kind = kind(
    StatusCode::NOT_FOUND,
    "no_such_path",
    "There is nothing at this path",
);

/// Something that was withdrawn.
pub(in crate::http) const GONE: Kind = kind(
    StatusCode::GONE,
    "gone",
    "It was withdrawn and is no longer given out",
);

/// A request of nobody for what needs a role.
pub(in crate::http) const NO_TOKEN: Kind = kind(
    StatusCode::UNAUTHORIZED,
    "no_token",
    "This needs an account; send its token as `Authorization: Bearer`",
);

/// A request beyond what the account may do.
pub(in crate::http) const FORBIDDEN: Kind = kind(
    StatusCode::FORBIDDEN,
    "forbidden",
    "The account may not do this",
);

/// A change that the state does not allow.
pub(in crate::http) const CONFLICT: Kind = kind(
    StatusCode::CONFLICT,
    "conflict",
    "This cannot be done in the state in which it is",
);

/// A change of what somebody else has changed since.
pub(in crate::http) const CHANGED: Kind = kind(
    StatusCode::PRECONDITION_FAILED,
    "changed",
    "It was changed in the meantime; look at it again",
);

/// A method that this path does not have.
pub(in crate::http) const NO_SUCH_METHOD: Kind = kind(
    StatusCode::METHOD_NOT_ALLOWED,
    "no_such_method",
    "This path does not answer that method",
);

/// A media type that is not on offer.
pub(in crate::http) const NOT_ACCEPTABLE: Kind = kind(
    StatusCode::NOT_ACCEPTABLE,
    "not_acceptable",
    "None of the accepted media types is on offer",
);

/// A body beyond the limit.
pub(in crate::http) const TOO_LARGE: Kind = kind(
    StatusCode::PAYLOAD_TOO_LARGE,
    "too_large",
    "The body is larger than the server takes",
);

/// A query beyond the limit.
pub(in crate::http) const TOO_LONG: Kind = kind(
    StatusCode::URI_TOO_LONG,
    "too_long",
    "The address is longer than the server takes",
);

/// More at once than is taken.
pub(in crate::http) const TOO_MANY: Kind = kind(
    StatusCode::TOO_MANY_REQUESTS,
    "too_many",
    "There is more at once than the server takes",
);

/// Somebody else writes to it this moment.
pub(in crate::http) const LOCKED: Kind = kind(
    StatusCode::LOCKED,
    "locked",
    "Another request is writing to it",
);

/// A checksum that the bytes do not have (tus 1.0, checksum).
pub(in crate::http) const CHECKSUM: Kind = Kind {
    status: match StatusCode::from_u16(460) {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_REQUEST,
    },
    code: "checksum_mismatch",
    title: "The bytes have another checksum than was said",
};

/// A version of tus that is not spoken here.
pub(in crate::http) const WRONG_VERSION: Kind = kind(
    StatusCode::PRECONDITION_FAILED,
    "wrong_tus_version",
    "This version of the tus protocol is not spoken here",
);

/// The disk is full.
pub(in crate::http) const NO_SPACE: Kind = kind(
    StatusCode::INSUFFICIENT_STORAGE,
    "no_space",
    "There is no room left on the server's disk",
);

/// A request that stopped sending.
pub(in crate::http) const SILENT: Kind = kind(
    StatusCode::REQUEST_TIMEOUT,
    "silent",
    "The request stopped sending",
);

/// A body of another type than the path takes.
pub(in crate::http) const UNSUPPORTED_TYPE: Kind = kind(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported_type",
    "The body is of a type this path does not take",
);

/// A part of a file that it does not have.
pub(in crate::http) const RANGE: Kind = kind(
    StatusCode::RANGE_NOT_SATISFIABLE,
    "range",
    "The file has no such part, or several were asked for at once",
);

/// All hands are busy.
pub(in crate::http) const BUSY: Kind = kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "busy",
    "The server is busy; ask again in a moment",
);

/// A request that took longer than it may.
pub(in crate::http) const TIMED_OUT: Kind = kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "timed_out",
    "The answer took longer than it may; ask for less",
);

/// A fault of ours.
pub(in crate::http) const INTERNAL: Kind = kind(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "The server made a mistake; it has been written to the log",
);

/// Every kind, for the service document.
pub(in crate::http) const KINDS: [Kind; 25] = [
    UNKNOWN_PARAMETER,
    BAD_PARAMETER,
    BAD_BODY,
    NOT_FOUND,
    NO_SUCH_PATH,
    GONE,
    NO_TOKEN,
    FORBIDDEN,
    CONFLICT,
    CHANGED,
    NO_SUCH_METHOD,
    NOT_ACCEPTABLE,
    TOO_LARGE,
    TOO_LONG,
    TOO_MANY,
    LOCKED,
    CHECKSUM,
    WRONG_VERSION,
    NO_SPACE,
    SILENT,
    UNSUPPORTED_TYPE,
    RANGE,
    BUSY,
    TIMED_OUT,
    INTERNAL,
];
