//! `bellwether token`: who may ask the API what.

use std::io::Write;
use std::path::Path;

use bellwether_api::{NewToken, TokenError, TokenFile};
use bellwether_core::access::Role;

use super::ToolError;
use crate::app::Clock;

/// What is to be done about tokens.
#[derive(Clone, Debug)]
pub enum Request {
    /// Make one.
    Create {
        /// Who gets it.
        name: String,
        /// What they may do.
        role: Role,
    },
    /// Show those that there are.
    List,
    /// Take one away.
    Revoke {
        /// Its id.
        id: String,
    },
}

impl From<TokenError> for ToolError {
    fn from(error: TokenError) -> Self {
        Self::Other(error.to_string())
    }
}

/// Does it in a collector's folder, whether a collector runs there or not.
///
/// # Errors
/// Says why it was not done.
pub fn run(folder: &Path, request: Request, out: &mut impl Write) -> Result<(), ToolError> {
    let file = TokenFile::in_folder(folder);
    match request {
        Request::Create { name, role } => {
            let NewToken { token, secret } = file.create(&name, role, Clock::wall().now())?;
            // the token alone on stdout, for scripts; it is not kept anywhere
            writeln!(out, "{}", secret.expose())?;
            let mut stderr = std::io::stderr();
            let told = "keep it now, it cannot be shown again; take it away with";
            // if stderr is gone there is nobody left to tell
            let _ =
                writeln!(stderr, "{name}, {role}: {told} `bellwether token revoke {}`", token.id);
        }
        Request::List => {
            writeln!(out, "{:<20}  {:<8}  {:<24}  NAME", "ID", "ROLE", "CREATED")?;
            for it in file.list()? {
                let created = it.created_at.to_string();
                writeln!(
                    out,
                    "{:<20}  {:<8}  {created:<24}  {}",
                    it.id,
                    it.role.as_str(),
                    it.name
                )?;
            }
        }
        Request::Revoke { id } => {
            let token = file.revoke(&id)?;
            writeln!(out, "{id} of {} is taken away", token.name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(folder: &Path, request: Request) -> Result<String, String> {
        let mut out = Vec::new();
        run(folder, request, &mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_token_is_shown_once_and_listed_without_itself() {
        let folder = tempfile::tempdir().unwrap();
        let create = Request::Create { name: "alice".to_owned(), role: Role::Operator };
        let token = said(folder.path(), create).unwrap();
        assert_eq!(token.trim().len(), "bellwether_".len() + 64);
        let list = said(folder.path(), Request::List).unwrap();
        assert!(list.contains("operator") && list.contains("alice"), "{list}");
        assert!(!list.contains(token.trim()), "{list}");
        let id = list.lines().nth(1).and_then(|it| it.split(' ').next()).unwrap().to_owned();
        let gone = said(folder.path(), Request::Revoke { id: id.clone() }).unwrap();
        assert_eq!(gone, format!("{id} of alice is taken away\n"));
        let again = said(folder.path(), Request::Revoke { id: id.clone() }).unwrap_err();
        assert!(again.starts_with(&format!("there is no token `{id}`")), "{again}");
    }

    #[test]
    fn a_folder_that_no_collector_has_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let create = Request::Create { name: "alice".to_owned(), role: Role::Viewer };
        let told = said(&folder.path().join("absent"), create).unwrap_err();
        assert!(told.contains("there is no such folder"), "{told}");
        let create = Request::Create { name: "loopback".to_owned(), role: Role::Viewer };
        let told = said(folder.path(), create).unwrap_err();
        assert!(told.contains("is no name for a token"), "{told}");
    }
}
