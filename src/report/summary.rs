//! The summary in Markdown, for the step summary of a CI service. Fits below their limit of 1 MiB.

use std::fmt::Write as _;

use super::tally::{Tally, subclauses};
use super::text::brief;
use crate::judge::finding::{CaseResult, Finding, Run, Verdict};

/// Findings of a list beyond these are counted, not shown.
const MOST_FINDINGS: usize = 200;
/// No more findings are shown behind so many octets.
const MOST_OCTETS: usize = 900_000;
/// Alternatives of an expectation beyond these are left out.
const MOST_EXPECTED: usize = 12;
/// The most characters of one value of a peer.
const LONGEST: usize = 300;

/// The whole file.
pub fn to_string(run: &Run) -> String {
    let mut md = String::from("# imspec\n\n");
    head(&mut md, run);
    table(&mut md, run);
    list(&mut md, run, "Failures", &|f| !f.is_known() && matches!(f.verdict, Verdict::Fail | Verdict::Error));
    sentences(&mut md, "The baseline is stale", &run.stale);
    sentences(&mut md, "What the system claims and what it shows differ", &run.contradictions);
    list(&mut md, run, "Warnings", &|f| !f.is_known() && f.verdict == Verdict::Warning);
    list(&mut md, run, "Flaky", &|f| !f.is_known() && f.verdict == Verdict::Flaky);
    list(&mut md, run, "Inconclusive", &|f| !f.is_known() && f.verdict == Verdict::Inconclusive);
    list(&mut md, run, "Known", &Finding::is_known);
    md
}

fn head(md: &mut String, run: &Run) {
    let _ = writeln!(md, "**{}** in {} cases.\n", Tally::of_run(run), run.cases.len());
    let _ = writeln!(md, "- stage: {}, seed {}, profile {}", code(&run.stage), run.seed, code(&run.profile));
    for subject in &run.subject {
        let _ = writeln!(md, "- judged: {}", code(subject));
    }
    if run.interrupted {
        md.push_str("- **interrupted: cases are missing**\n");
    }
    if run.not_played > 0 {
        let _ = writeln!(md, "- **ended at the first failure: {} cases were not played**", run.not_played);
    }
    md.push('\n');
}

fn table(md: &mut String, run: &Run) {
    if run.cases.is_empty() {
        return;
    }
    md.push_str("| subclause | cases |");
    Verdict::ALL.iter().for_each(|verdict| {
        let _ = write!(md, " {} |", verdict.word());
    });
    md.push_str(" verdict |\n| --- | ---: |");
    md.push_str(&" ---: |".repeat(Verdict::ALL.len()));
    md.push_str(" --- |\n");
    for subclause in subclauses(run) {
        let _ = write!(md, "| {} {} | {} |", plain(&subclause.name()), plain(subclause.title), subclause.cases.len());
        for (_, count) in subclause.tally.each() {
            let _ = if count == 0 { write!(md, " |") } else { write!(md, " {count} |") };
        }
        let _ = writeln!(md, " {} |", strong(subclause.verdict()));
    }
    md.push('\n');
}

/// Sentences below a heading, where there are any.
fn sentences(md: &mut String, heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    let _ = writeln!(md, "## {heading} ({})\n", sentences.len());
    for sentence in sentences.iter().take(MOST_FINDINGS) {
        let _ = writeln!(md, "- {}", plain(sentence));
    }
    md.push('\n');
}

fn list(md: &mut String, run: &Run, title: &str, wanted: &dyn Fn(&Finding) -> bool) {
    let all = run.cases.iter().flat_map(|case| case.findings.iter().map(move |finding| (case, finding)));
    let found: Vec<(&CaseResult, &Finding)> = all.filter(|(_, f)| wanted(f)).collect();
    if found.is_empty() {
        return;
    }
    let _ = writeln!(md, "## {title} ({})\n", found.len());
    let mut left = found.len();
    for (case, finding) in found.into_iter().take(MOST_FINDINGS) {
        if md.len() > MOST_OCTETS {
            break;
        }
        entry(md, case, finding);
        left -= 1;
    }
    if left > 0 {
        let _ = writeln!(md, "- and {left} more: see `report.html`");
    }
    md.push('\n');
}

fn entry(md: &mut String, case: &CaseResult, finding: &Finding) {
    let (verdict, id) = (strong(finding.verdict), code(&finding.id));
    let _ = writeln!(md, "- {verdict} {id} {}: {}", plain(&finding.clause), plain(&finding.text));
    let mut line = |name: &str, value: String| {
        let _ = writeln!(md, "  - {name}: {value}");
    };
    line("looked at", plain(&finding.subject));
    if !finding.expected.is_empty() {
        line("expected", finding.expected.iter().take(MOST_EXPECTED).map(|e| code(e)).collect::<Vec<_>>().join(" or "));
    }
    if let Some(found) = &finding.found {
        line("found", code(found));
    }
    if !finding.reason.is_empty() {
        line("reason", plain(&finding.reason));
    }
    if let Some(known) = &finding.known {
        line("known", plain(known));
    }
    if let Some(fault) = finding.fault {
        line("whose fault", fault.words().to_owned());
    }
    if let Some(evidence) = &finding.evidence {
        line("packet", format!("{}, {}", evidence.packet, code(&evidence.message)));
    }
    line("again", code(&case.rerun));
}

fn strong(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass | Verdict::NotApplicable | Verdict::NotExercised => verdict.word().to_owned(),
        _ => format!("**{}**", verdict.word()),
    }
}

/// Text in which no character is Markdown or HTML.
fn plain(text: &str) -> String {
    let text = brief(text, LONGEST);
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A mention would tell a stranger; an address in text would become a link.
            '@' => escaped.push_str("&#64;"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text as code, whatever backticks it holds. Not for cells of a table: there `|` ends even code.
fn code(text: &str) -> String {
    let text = brief(text, LONGEST);
    let fence = "`".repeat(longest_run(&text) + 1);
    match &*text {
        "" => "(empty)".to_owned(),
        // A space at both ends is taken off again; without them a backtick would join the fence.
        text if text.starts_with('`') || text.ends_with('`') || text.starts_with(' ') || text.ends_with(' ') => {
            format!("{fence} {text} {fence}")
        }
        text => format!("{fence}{text}{fence}"),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        for (text, escaped) in [
            ("a|b\n- c", "a\\|b\\\\n- c"),
            ("<script>&", "&lt;script&gt;&amp;"),
            ("[x](http://y) @me **b** `c`", "\\[x\\]\\(http&#58;//y\\) &#64;me \\*\\*b\\*\\* \\`c\\`"),
        ] {
            assert_eq!(plain(text), escaped);
        }
        for (text, shown) in [
            ("sendrecv", "`sendrecv`"),
            ("a`b", "``a`b``"),
            ("``a", "``` ``a ```"),
            ("a\r\n</details>", "`a\\r\\n</details>`"),
            ("", "(empty)"),
        ] {
            assert_eq!(code(text), shown);
        }
    }
}
