//! Why a question has no answer, in words for whoever asked.

/// Why a query was not answered. Every variant can be shown to a stranger.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is wrong. 400.
    #[error("`{parameter}` {detail}; {remedy}")]
    Bad {
        /// The parameter, as the request spells it: `filter`, `aggregate.field`.
        parameter: String,
        /// What is wrong with it.
        detail: String,
        /// What to write instead.
        remedy: String,
    },
    /// Something named does not exist. 404.
    #[error("there is no {what} called `{name}`; {remedy}")]
    NotFound {
        /// `layer`, `indicator`.
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// Where the names that exist are listed.
        remedy: String,
    },
    /// The question would cost more than one request may. 400.
    #[error("the question would compare more than {limit} {what}; {remedy}")]
    TooMuch {
        /// What is counted: `pairs of features`.
        what: &'static str,
        /// The most that one request may have.
        limit: u64,
        /// How to ask for less.
        remedy: &'static str,
    },
    /// Time is up, or nobody waits for the answer any more. 503.
    #[error("the question took too long and was stopped; narrow it with bbox, filter or limit")]
    Expired,
}

impl QueryError {
    /// A wrong parameter.
    pub fn bad(
        parameter: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Bad {
            parameter: parameter.into(),
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    /// The parameter at fault, where there is one.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Bad { parameter, .. } => Some(parameter),
            _ => None,
        }
    }
}
