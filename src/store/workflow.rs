//! The way of a version from a delivery to the public, as one table: who may do what, and from where.
//!
//! The store asks this table inside each transaction, the interface tells it to clients, and the
//! documentation shows it; there is no second place that decides.

use serde::{Deserialize, Serialize};

/// What somebody may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads what is public.
    Public,
    /// Delivers, and submits what he delivered.
    Contributor,
    /// Reviews what others delivered.
    Coordinator,
    /// Answers for what is public.
    DataOfficer,
}

impl Role {
    /// Every role that an account can have.
    pub const ACCOUNTS: [Self; 3] = [Self::Contributor, Self::Coordinator, Self::DataOfficer];

    /// As the interface and the command line write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Contributor => "contributor",
            Self::Coordinator => "coordinator",
            Self::DataOfficer => "data_officer",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = text.replace('-', "_");
        Self::ACCOUNTS
            .into_iter()
            .find(|role| role.word() == plain)
            .ok_or_else(|| {
                let known = Self::ACCOUNTS.map(Self::word).join(", ");
                format!("`{text}` is no role; the roles are {known}")
            })
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The account, or `local` on a machine without accounts.
    pub name: String,
    /// What the account may do.
    pub role: Role,
}

impl Actor {
    /// Whoever sits at the machine where the data folder lies.
    pub fn local() -> Self {
        Self {
            name: "local".to_owned(),
            role: Role::DataOfficer,
        }
    }

    /// Somebody without an account.
    pub fn public() -> Self {
        Self {
            name: "public".to_owned(),
            role: Role::Public,
        }
    }
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionState {
    /// Delivered and judged; seen by those with a role.
    Draft,
    /// Waits for a review.
    Submitted,
    /// Sent back with a comment; the next delivery is another version.
    Returned,
    /// Good to be published; never changes any more.
    Approved,
    /// What everybody sees.
    Published,
    /// Was public until another version took its place.
    Superseded,
    /// Was public and is withdrawn, for a reason that stays told.
    Retired,
}

impl VersionState {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Submitted,
        Self::Returned,
        Self::Approved,
        Self::Published,
        Self::Superseded,
        Self::Retired,
    ];

    /// True when everybody may read it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Published | Self::Superseded)
    }

    /// As the interface writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Superseded => "superseded",
            Self::Retired => "retired",
        }
    }
}

impl std::fmt::Display for VersionState {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// What can be done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Ask for a review.
    Submit,
    /// Send back with a comment.
    Return,
    /// Find good.
    Approve,
    /// Make public; of an earlier version: roll back to it.
    Publish,
    /// Withdraw for a reason.
    Retire,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [
        Self::Submit,
        Self::Return,
        Self::Approve,
        Self::Publish,
        Self::Retire,
    ];

    /// As the interface writes it in paths.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Return => "return",
            Self::Approve => "approve",
            Self::Publish => "publish",
            Self::Retire => "retire",
        }
    }

    /// As the journal writes that it was done.
    pub fn done(self) -> &'static str {
        match self {
            Self::Submit => "submitted",
            Self::Return => "returned",
            Self::Approve => "approved",
            Self::Publish => "published",
            Self::Retire => "retired",
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// Whose versions a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// Anybody's.
    Any,
    /// Only what the actor delivered himself, for the least role that may; higher ones may for others.
    Own,
    /// Only what somebody else delivered, so that four eyes see it; the data officer is free of it.
    Others,
}

/// A row of the table: who may do what, from where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// What is done.
    pub action: Action,
    /// Where the version must stand.
    pub from: VersionState,
    /// Where it stands afterwards.
    pub to: VersionState,
    /// The least role that may.
    pub role: Role,
    /// With whose versions.
    pub whose: Whose,
    /// True when it must be said why.
    pub comment: bool,
}

const fn rule(
    action: Action,
    from: VersionState,
    to: VersionState,
    role: Role,
    whose: Whose,
    comment: bool,
) -> Rule {
    Rule {
        action,
        from,
        to,
        role,
        whose,
        comment,
    }
}

/// The table. What does not stand here cannot be done.
pub const RULES: [Rule; 9] = {
    use Action::{Approve, Publish, Retire, Return, Submit};
    use Role::{Contributor, Coordinator, DataOfficer};
    use VersionState::{Approved, Draft, Published, Retired, Returned, Submitted, Superseded};
    use Whose::{Any, Others, Own};
    [
        rule(Submit, Draft, Submitted, Contributor, Own, false),
        rule(Return, Submitted, Returned, Coordinator, Any, true),
        rule(Approve, Submitted, Approved, Coordinator, Others, false),
        rule(Return, Approved, Returned, DataOfficer, Any, true),
        rule(Publish, Approved, Published, DataOfficer, Any, false),
        // Rolling back is publishing an earlier version again.
        rule(Publish, Superseded, Published, DataOfficer, Any, false),
        rule(Publish, Retired, Published, DataOfficer, Any, true),
        rule(Retire, Published, Retired, DataOfficer, Any, true),
        rule(Retire, Superseded, Retired, DataOfficer, Any, true),
    ]
};

/// Why an action is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not from this state.
    State,
    /// Not with this role; this one is needed.
    Role(Role),
    /// Only with one's own version, or only with another's.
    Whose(Whose),
    /// Not a version that the gate kept out.
    Verdict,
}

/// The rule by which an actor may do something with a version of an author that stands in a state.
pub fn may(
    actor: &Actor,
    action: Action,
    state: VersionState,
    author: &str,
    admitted: bool,
) -> Result<&'static Rule, Refusal> {
    let rule = RULES
        .iter()
        .find(|rule| rule.action == action && rule.from == state)
        .ok_or(Refusal::State)?;
    if actor.role < rule.role {
        return Err(Refusal::Role(rule.role));
    }
    let own = actor.name == author;
    let fits = match rule.whose {
        Whose::Any => true,
        Whose::Own => own || actor.role > rule.role,
        Whose::Others => !own || actor.role == Role::DataOfficer,
    };
    if !fits {
        return Err(Refusal::Whose(rule.whose));
    }
    if !admitted && action == Action::Submit {
        return Err(Refusal::Verdict);
    }
    Ok(rule)
}

/// What an actor may do now with a version.
pub fn possible(actor: &Actor, state: VersionState, author: &str, admitted: bool) -> Vec<Action> {
    Action::ALL
        .into_iter()
        .filter(|&action| may(actor, action, state, author, admitted).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_does_more_with_a_lower_role_and_the_public_does_nothing() {
        let actor = |role| Actor {
            name: "somebody".to_owned(),
            role,
        };
        for state in VersionState::ALL {
            for author in ["somebody", "another"] {
                assert_eq!(possible(&Actor::public(), state, author, true), []);
                let officer = possible(&actor(Role::DataOfficer), state, author, true);
                for role in Role::ACCOUNTS {
                    for action in possible(&actor(role), state, author, true) {
                        assert!(officer.contains(&action), "{role} {action} from {state}");
                    }
                }
            }
        }
    }

    #[test]
    fn four_eyes_see_a_version_and_what_does_not_conform_is_not_submitted() {
        let coordinator = Actor {
            name: "meera".to_owned(),
            role: Role::Coordinator,
        };
        let ask = |author, admitted, action, state| {
            may(&coordinator, action, state, author, admitted).map(|rule| rule.to)
        };
        assert_eq!(
            ask("meera", true, Action::Approve, VersionState::Submitted),
            Err(Refusal::Whose(Whose::Others))
        );
        assert_eq!(
            ask("arun", true, Action::Approve, VersionState::Submitted),
            Ok(VersionState::Approved)
        );
        assert_eq!(
            ask("arun", false, Action::Submit, VersionState::Draft),
            Err(Refusal::Verdict)
        );
        assert_eq!(
            ask("arun", true, Action::Publish, VersionState::Approved),
            Err(Refusal::Role(Role::DataOfficer))
        );
        assert_eq!(
            ask("arun", true, Action::Approve, VersionState::Returned),
            Err(Refusal::State)
        );
    }

    #[test]
    fn a_rule_is_found_by_action_and_state_alone() {
        for (at, one) in RULES.iter().enumerate() {
            assert!(
                !RULES[..at]
                    .iter()
                    .any(|other| (other.action, other.from) == (one.action, one.from))
            );
        }
    }

    #[test]
    fn the_documentation_shows_this_very_table() {
        let page = include_str!("../../docs/versions.md");
        for one in &RULES {
            let whose = match one.whose {
                Whose::Any => "any",
                Whose::Own => "one's own",
                Whose::Others => "another's",
            };
            let comment = if one.comment { "yes" } else { "" };
            let row = format!(
                "| `{}` | {} | {} | {} | {whose} | {comment} |",
                one.action, one.from, one.to, one.role
            );
            assert!(page.contains(&row), "not in docs/versions.md: {row}");
        }
    }
}
