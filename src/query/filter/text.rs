//! CQL2 text to an expression: a parser by descent whose depth is counted.

use geo_types::Geometry;

use super::{
    FilterError, MAX_DEPTH, MAX_TERMS,
    expr::{Arithmetic, Comparison, Expr, Name, Spatial, Temporal, named},
    lex::{Token, position, tokens},
    literal, wkt,
};

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
    terms: usize,
}

type Parsed = Result<Expr, FilterError>;

/// The whole text as one expression.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        terms: 0,
    };
    if parser.tokens.is_empty() {
        return Err(parser.wrong("the filter is empty"));
    }
    let found = parser.expression()?;
    match parser.peek() {
        None => Ok(found),
        Some(_) => Err(parser.wrong("the filter should end here, or go on with AND or OR")),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn here(&self) -> usize {
        let byte = self
            .tokens
            .get(self.next)
            .map_or(self.text.len(), |&(_, at)| at);
        position(self.text, byte)
    }

    /// An error at the next token.
    pub(super) fn wrong(&self, message: impl Into<String>) -> FilterError {
        FilterError {
            at: Some(self.here()),
            message: message.into(),
        }
    }

    /// Takes a sign when it is next.
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.next += usize::from(found);
        found
    }

    /// Takes a sign or says that it is missing.
    pub(super) fn need(&mut self, sign: &str) -> Result<(), FilterError> {
        if self.sign(sign) {
            Ok(())
        } else {
            Err(self.wrong(format!("`{sign}` is wanted here")))
        }
    }

    /// Takes a keyword when it is next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    /// Takes a number with its sign.
    pub(super) fn number(&mut self) -> Result<f64, FilterError> {
        let negative = self.sign("-");
        if !negative {
            self.sign("+");
        }
        let Some(Token::Number(text)) = self.peek() else {
            return Err(self.wrong("a number is wanted here"));
        };
        let number: f64 = text.parse().unwrap_or(f64::NAN);
        if !number.is_finite() {
            return Err(self.wrong("the number is too large"));
        }
        self.next += 1;
        Ok(if negative { -number } else { number })
    }

    /// True when a number, perhaps with a sign, comes next.
    pub(super) fn number_is_next(&self) -> bool {
        matches!(self.peek(), Some(Token::Number(_) | Token::Sign("-" | "+")))
    }

    fn term(&mut self) -> Result<(), FilterError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(self.wrong(format!("the filter has more than {MAX_TERMS} terms")));
        }
        Ok(())
    }

    /// Goes one level deeper.
    fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(format!("the filter nests deeper than {MAX_DEPTH} levels")));
        }
        let found = inner(self);
        self.depth -= 1;
        found
    }

    fn expression(&mut self) -> Parsed {
        let first = self.conjunction()?;
        if !self.word("or") {
            return Ok(first);
        }
        let mut all = vec![first, self.conjunction()?];
        while self.word("or") {
            all.push(self.conjunction()?);
        }
        Ok(Expr::Or(all))
    }

    fn conjunction(&mut self) -> Parsed {
        let first = self.negation()?;
        if !self.word("and") {
            return Ok(first);
        }
        let mut all = vec![first, self.negation()?];
        while self.word("and") {
            all.push(self.negation()?);
        }
        Ok(Expr::And(all))
    }

    fn negation(&mut self) -> Parsed {
        if self.word("not") {
            let inner = self.deeper(Self::negation)?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Parsed {
        let left = self.sum()?;
        self.term()?;
        if let Some(Token::Sign(sign)) = self.peek()
            && let Some(comparison) = named(&Comparison::ALL, sign)
        {
            self.next += 1;
            let right = self.sum()?;
            return Ok(Expr::Compare(comparison, Box::new(left), Box::new(right)));
        }
        if self.word("is") {
            let negated = self.word("not");
            if !self.word("null") {
                return Err(self.wrong("NULL is wanted after IS"));
            }
            return Ok(negate(negated, Expr::IsNull(Box::new(left))));
        }
        let negated = self.word("not");
        let found = if self.word("like") {
            Expr::Like(Box::new(left), Box::new(self.sum()?))
        } else if self.word("between") {
            let low = self.sum()?;
            if !self.word("and") {
                return Err(self.wrong("AND is wanted between the two ends of BETWEEN"));
            }
            Expr::Between(Box::new(left), Box::new(low), Box::new(self.sum()?))
        } else if self.word("in") {
            self.need("(")?;
            let list = self.list()?;
            Expr::In(Box::new(left), list)
        } else if negated {
            return Err(self.wrong("LIKE, BETWEEN or IN is wanted after NOT"));
        } else {
            return Ok(left);
        };
        Ok(negate(negated, found))
    }

    /// Operands to a closing bracket.
    fn list(&mut self) -> Result<Vec<Expr>, FilterError> {
        let mut list = vec![];
        loop {
            self.term()?;
            list.push(self.sum()?);
            if self.sign(")") {
                return Ok(list);
            }
            if !self.sign(",") {
                return Err(self.wrong("`,` or `)` is wanted here"));
            }
        }
    }

    fn sum(&mut self) -> Parsed {
        self.chain(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Parsed {
        self.chain(&["*", "/", "%", "div"], Self::power)
    }

    fn power(&mut self) -> Parsed {
        let base = self.factor()?;
        if self.sign("^") {
            let exponent = self.factor()?;
            return Ok(Expr::Arithmetic(
                Arithmetic::Power,
                Box::new(base),
                Box::new(exponent),
            ));
        }
        Ok(base)
    }

    /// Operators of one rank, from the left. Each makes the tree one level deeper, so each is counted.
    fn chain(&mut self, signs: &[&'static str], operand: fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = operand(self)?;
        let mut links = self.depth;
        while let Some(sign) = signs
            .iter()
            .find(|sign| self.sign(sign) || sign.len() == 3 && self.word(sign))
        {
            links += 1;
            if links > MAX_DEPTH {
                return Err(self.wrong(format!(
                    "the arithmetic is longer than {MAX_DEPTH} operators"
                )));
            }
            self.term()?;
            let with = named(&Arithmetic::ALL, sign).expect("every sign asked for is named");
            left = Expr::Arithmetic(with, Box::new(left), Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Parsed {
        if self.sign("-") {
            return Ok(match self.deeper(Self::factor)? {
                Expr::Integer(number) => Expr::Integer(number.saturating_neg()),
                Expr::Real(number) => Expr::Real(-number),
                other => Expr::Negate(Box::new(other)),
            });
        }
        if self.sign("+") {
            return self.deeper(Self::factor);
        }
        if self.sign("(") {
            let inner = self.deeper(Self::expression)?;
            self.need(")")?;
            return Ok(inner);
        }
        let at = self.here();
        let Some((token, _)) = self.tokens.get(self.next).cloned() else {
            return Err(self.wrong("the filter ends where a property or a value is wanted"));
        };
        match token {
            Token::Text(text) => {
                self.next += 1;
                Ok(Expr::Text(text))
            }
            Token::Number(text) => {
                self.next += 1;
                number_of(&text).ok_or_else(|| self.wrong("the number is too large"))
            }
            Token::Quoted(text) => {
                self.next += 1;
                Ok(Expr::Property(Name { text, at: Some(at) }))
            }
            Token::Word(word) => {
                self.next += 1;
                if matches!(self.peek(), Some(Token::Sign("("))) || wkt::is_tag(&word) {
                    let before = self.next - 1;
                    return self
                        .deeper(|inner| inner.call(&word))
                        .map_err(|error| self.at_or(error, before));
                }
                self.plain(word, at)
            }
            Token::Sign(sign) => Err(self.wrong(format!(
                "a property or a value is wanted here, not `{sign}`"
            ))),
        }
    }

    fn at_or(&self, error: FilterError, token: usize) -> FilterError {
        FilterError {
            at: error
                .at
                .or_else(|| Some(position(self.text, self.tokens[token].1))),
            ..error
        }
    }

    fn plain(&mut self, word: String, at: usize) -> Parsed {
        if word.eq_ignore_ascii_case("true") {
            return Ok(Expr::Bool(true));
        }
        if word.eq_ignore_ascii_case("false") {
            return Ok(Expr::Bool(false));
        }
        for reserved in [
            "and", "or", "not", "like", "between", "in", "is", "null", "div",
        ] {
            if word.eq_ignore_ascii_case(reserved) {
                self.next -= 1;
                return Err(self.wrong(format!(
                    "a property or a value is wanted here; write \"{word}\" in double quotes if it is a property"
                )));
            }
        }
        Ok(Expr::Property(Name {
            text: word,
            at: Some(at),
        }))
    }

    fn call(&mut self, word: &str) -> Parsed {
        let lower = word.to_ascii_lowercase();
        if wkt::is_tag(&lower) {
            let geometry: Geometry<f64> = wkt::tagged(self, &lower)?;
            return Ok(Expr::Geometry(Box::new(geometry)));
        }
        self.need("(")?;
        let found = match lower.as_str() {
            "casei" => Expr::Casei(Box::new(self.sum()?)),
            "accenti" => Expr::Accenti(Box::new(self.sum()?)),
            "date" => literal::date(&self.literal_text()?)?,
            "timestamp" => literal::timestamp(&self.literal_text()?)?,
            "interval" => {
                let from = literal::end(self.sum()?)?;
                self.need(",")?;
                let to = literal::end(self.sum()?)?;
                Expr::Interval(Box::new(from), Box::new(to))
            }
            "s_dwithin" => {
                let (left, right) = self.pair()?;
                self.need(",")?;
                let metres = self.number()?;
                Expr::Near(left, right, literal::metres(metres)?)
            }
            _ => {
                if let Some(spatial) = named(&Spatial::ALL, &lower) {
                    let (left, right) = self.pair()?;
                    Expr::Spatial(spatial, left, right)
                } else if let Some(temporal) = named(&Temporal::ALL, &lower) {
                    let (left, right) = self.pair()?;
                    Expr::Temporal(temporal, left, right)
                } else {
                    self.next -= 2;
                    return Err(self.wrong(literal::unknown_function(word)));
                }
            }
        };
        self.need(")")?;
        Ok(found)
    }

    fn pair(&mut self) -> Result<(Box<Expr>, Box<Expr>), FilterError> {
        let left = self.sum()?;
        self.need(",")?;
        Ok((Box::new(left), Box::new(self.sum()?)))
    }

    fn literal_text(&mut self) -> Result<String, FilterError> {
        let Some(Token::Text(text)) = self.peek().cloned() else {
            return Err(self.wrong("a text in single quotes is wanted here"));
        };
        self.next += 1;
        Ok(text)
    }
}

fn negate(negated: bool, expr: Expr) -> Expr {
    if negated {
        Expr::Not(Box::new(expr))
    } else {
        expr
    }
}

fn number_of(text: &str) -> Option<Expr> {
    if let Ok(whole) = text.parse() {
        return Some(Expr::Integer(whole));
    }
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map(Expr::Real)
}
