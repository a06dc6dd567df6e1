//! A sentence before it has a language: the name of its template and what stands in the gaps.
//!
//! Stages say [`Say`]; `layers/messages.toml` holds the templates by language, and
//! `standard::Messages` puts the two together. So what a report found is kept once and can be read in any
//! language, today's or a later one.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

/// A sentence, or a part of one, to be said in some language. The default one says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// The name of the template in `layers/messages.toml`.
    pub id: Cow<'static, str>,
    /// What stands in the gaps, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<Cow<'static, str>, Arg>,
}

/// What stands in a gap of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A count.
    Count(u64),
    /// Text that is the same in every language: a value of the file, a number with its decimals, a code.
    Text(String),
    /// Several, parted as the template says.
    List(Vec<Arg>),
    /// A part of the sentence with a template of its own.
    Say(Box<Say>),
    /// Words that the standards hold by language, such as the title of a field.
    Words(BTreeMap<String, String>),
}

impl Say {
    /// True when there is nothing to say.
    pub fn is_silent(&self) -> bool {
        self.id.is_empty()
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Arg {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Arg {
    fn from(count: u32) -> Self {
        Self::Count(u64::from(count))
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<Say> for Arg {
    fn from(say: Say) -> Self {
        Self::Say(Box::new(say))
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<BTreeMap<String, String>> for Arg {
    fn from(words: BTreeMap<String, String>) -> Self {
        Self::Words(words)
    }
}

impl<T: Into<Arg>> From<Vec<T>> for Arg {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// `say!(T06_parts, who = subject.called(row), parts = parts)`: the template by its name, the gaps by
/// theirs. A test holds every such call against `layers/messages.toml`.
macro_rules! say {
    ($id:ident $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::model::Say {
            id: ::std::borrow::Cow::Borrowed(stringify!($id)),
            args: ::std::collections::BTreeMap::from([
                $((::std::borrow::Cow::Borrowed(stringify!($name)), $crate::model::Arg::from($value))),*
            ]),
        }
    };
}
pub(crate) use say;
