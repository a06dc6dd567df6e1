//! Accounts, and who a token belongs to.

use super::{Actor, App, AppError, Role};
use crate::store::{User, token_hash};

impl App {
    /// Whoever has this token.
    pub fn account(&self, token: &str) -> Option<Actor> {
        // A hash tells nothing about its neighbours, so where a comparison stops tells nothing either.
        let hash = token_hash(token);
        let live = self.live();
        let user = live.users.iter().find(|user| user.token == hash)?;
        Some(Actor {
            name: user.name.clone(),
            role: user.role,
        })
    }

    /// Makes an account, or gives one a new role and token. The token is told this once.
    pub fn add_user(&self, name: &str, role: Role) -> Result<String, AppError> {
        let token = self.store().add_user(name, role, &Actor::local())?;
        self.renew()?;
        Ok(token)
    }

    /// Takes an account away.
    pub fn remove_user(&self, name: &str) -> Result<(), AppError> {
        self.store().remove_user(name, &Actor::local())?;
        self.renew()
    }

    /// Every account, by name.
    pub fn users(&self) -> Vec<User> {
        self.live().users.clone()
    }
}
