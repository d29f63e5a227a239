//! `imspec serve`: plays the servers of an IM service on real sockets until somebody ends it.

use super::super::args::Serve;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::script::serve::{self, Config, Role, ServeError, Service};
use crate::script::suggest;

pub fn run(words: Serve) -> Result<Exit, Failure> {
    let bugs = serve::bugs(words.defects.iter().map(String::as_str)).map_err(|(message, hint)| {
        let failure = Failure::usage(format!("--defect: {message}"));
        hint.iter().fold(failure, |failure, hint| failure.hint(hint))
    })?;
    let config = Config::load(&words.config)?;
    let roles = roles(&words.roles, &config, &words.config.display().to_string())?;
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "ending all sessions; once more to end at once");
    runtime.block_on(async {
        let failed = |error: ServeError| Failure::new(Exit::Harness, error.to_string());
        let mut service = Service::new(&config, &roles, &bugs).await.map_err(failed)?;
        for role in &roles {
            output::print(&announcement(&config, *role))?;
        }
        output::print(&format!("serving {}\n", config.domain))?;
        // Where nobody reads any more, there is nobody to tell.
        let mut tell = |line: &str| drop(output::print(&format!("{line}\n")));
        service.run(&stop, &mut tell).await.map_err(failed)
    })?;
    Ok(Exit::Passed)
}

/// The roles that the command line names, or all that the file has.
fn roles(words: &[String], config: &Config, file: &str) -> Result<Vec<Role>, Failure> {
    let has = config.roles();
    let mut roles = Vec::new();
    for word in words {
        let Some(role) = Role::of(word) else {
            let failure = Failure::usage(format!("there is no role `{word}`"));
            let hint = suggest::hint(word, Role::ALL.iter().map(|role| role.word()));
            return Err(hint.iter().fold(failure, |failure, hint| failure.hint(hint)));
        };
        if !has.contains(&role) {
            let failure = Failure::new(Exit::Data, format!("{file} has no section {word}"));
            return Err(failure.hint("a role needs a section with its address; scenarios/serve.yaml has all of them"));
        }
        roles.push(role);
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(if roles.is_empty() { has } else { roles })
}

fn announcement(config: &Config, role: Role) -> String {
    let at = |protocol: &str, address: Option<std::net::SocketAddr>| {
        address.map_or_else(String::new, |address| format!("  {protocol} {address}"))
    };
    let (sip, msrp, http) = (config.sip(role), config.msrp(role), config.http(role));
    format!("{:<28}{}{}{}\n", role.name(), at("SIP", sip), at("MSRP", msrp), at("HTTP", http))
}
