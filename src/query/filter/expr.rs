//! The parsed form, the same for text and JSON.

use geo_types::Geometry;

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("=", Self::Equal),
        ("<>", Self::NotEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
    ];

    /// Whether an ordering satisfies it.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `div`: whole-number division.
    Quotient,
    /// `%`
    Remainder,
    /// `^`
    Power,
}

impl Arithmetic {
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("div", Self::Quotient),
        ("%", Self::Remainder),
        ("^", Self::Power),
    ];
}

/// The spatial functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spatial {
    Intersects,
    Equals,
    Disjoint,
    Touches,
    Within,
    Overlaps,
    Crosses,
    Contains,
}

impl Spatial {
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("s_intersects", Self::Intersects),
        ("s_equals", Self::Equals),
        ("s_disjoint", Self::Disjoint),
        ("s_touches", Self::Touches),
        ("s_within", Self::Within),
        ("s_overlaps", Self::Overlaps),
        ("s_crosses", Self::Crosses),
        ("s_contains", Self::Contains),
    ];

    /// The same with its operands exchanged.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            same => same,
        }
    }
}

/// The temporal functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Temporal {
    After,
    Before,
    Contains,
    Disjoint,
    During,
    Equals,
    FinishedBy,
    Finishes,
    Intersects,
    Meets,
    MetBy,
    OverlappedBy,
    Overlaps,
    StartedBy,
    Starts,
}

impl Temporal {
    pub(super) const ALL: [(&'static str, Self); 15] = [
        ("t_after", Self::After),
        ("t_before", Self::Before),
        ("t_contains", Self::Contains),
        ("t_disjoint", Self::Disjoint),
        ("t_during", Self::During),
        ("t_equals", Self::Equals),
        ("t_finishedby", Self::FinishedBy),
        ("t_finishes", Self::Finishes),
        ("t_intersects", Self::Intersects),
        ("t_meets", Self::Meets),
        ("t_metby", Self::MetBy),
        ("t_overlappedby", Self::OverlappedBy),
        ("t_overlaps", Self::Overlaps),
        ("t_startedby", Self::StartedBy),
        ("t_starts", Self::Starts),
    ];
}

/// Looks up an operator by its lower-case name.
pub(super) fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|&(_, value)| value)
}

/// The name of a property, and where it stood. Two names are equal wherever they stood.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// As written, without quotes.
    pub(super) text: String,
    /// Character position from 1; none in JSON.
    pub(super) at: Option<usize>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// An expression: a condition, or something a condition is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Property(Name),
    Text(String),
    Integer(i64),
    Real(f64),
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    Interval(Box<Expr>, Box<Expr>),
    /// `'..'`, the open end of an interval.
    Open,
    Geometry(Box<Geometry<f64>>),
    Casei(Box<Expr>),
    Accenti(Box<Expr>),
    Negate(Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Like(Box<Expr>, Box<Expr>),
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    IsNull(Box<Expr>),
    Spatial(Spatial, Box<Expr>, Box<Expr>),
    /// `S_DWITHIN(a, b, metres)`: ours, since CQL2 1.0 has no distance.
    Near(Box<Expr>, Box<Expr>, f64),
    Temporal(Temporal, Box<Expr>, Box<Expr>),
}
