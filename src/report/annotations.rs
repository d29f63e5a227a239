//! Annotations for a CI server: each failure at the line of the feature that asked for it (GitHub's workflow commands).
//!
//! What a peer sent can form no command of its own: line breaks and percent signs are escaped as GitHub reads them.

use std::fmt::Write as _;

use super::text::brief;
use crate::judge::finding::{Finding, Run, Verdict};

/// GitHub shows no more of a step.
const MOST: usize = 10;
/// The most characters of one value of a peer.
const LONGEST: usize = 300;

/// One line for each of the first failures and warnings that are no news, failures first.
pub fn to_string(run: &Run) -> String {
    let mut text = String::new();
    for (command, verdicts) in [("error", &[Verdict::Fail, Verdict::Error][..]), ("warning", &[Verdict::Warning])] {
        let findings = run.cases.iter().flat_map(|case| &case.findings);
        for finding in findings.filter(|f| !f.is_known() && verdicts.contains(&f.verdict)).take(MOST) {
            let (file, line) = (property(&finding.place.file), finding.place.line);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "::{command} file={file},line={line},title={}::{}",
                property(&finding.id),
                escaped(&message(finding))
            );
        }
    }
    for sentence in run.stale.iter().take(MOST) {
        let _ = writeln!(text, "::warning title=The baseline is stale::{}", escaped(&brief(sentence, LONGEST)));
    }
    text
}

fn message(finding: &Finding) -> String {
    let expected: Vec<_> = finding.expected.iter().map(|e| brief(e, LONGEST)).collect();
    let found = finding.found.as_deref().map_or("nothing".into(), |found| brief(found, LONGEST));
    let reason = brief(&finding.reason, LONGEST);
    match (expected.is_empty(), reason.is_empty()) {
        (false, true) => format!("{}: expected {}, found {found}", finding.text, expected.join(" or ")),
        (false, false) => format!("{}: expected {}, found {found}; {reason}", finding.text, expected.join(" or ")),
        (true, _) => format!("{}: {reason}", finding.text),
    }
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(&brief(text, LONGEST)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::finding::{CaseResult, Place};

    #[test]
    fn failures_are_annotated_where_they_were_asked_for_and_hostile_text_is_no_command() {
        let finding = |verdict, known: Option<&str>| Finding {
            id: "im/9.2.2/x#IM-1".to_owned(),
            verdict,
            text: "The answer is recvonly.".to_owned(),
            expected: vec!["recvonly".to_owned()],
            found: Some("100%\r\n::error::forged".to_owned()),
            place: Place { file: "features/im/x.feature".to_owned(), line: 7 },
            known: known.map(str::to_owned),
            ..Finding::default()
        };
        let findings =
            vec![finding(Verdict::Fail, None), finding(Verdict::Fail, Some("old")), finding(Verdict::Pass, None)];
        let run = Run { cases: vec![CaseResult { findings, ..CaseResult::default() }], ..Run::default() };
        let text = to_string(&run);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.starts_with("::error file=features/im/x.feature,line=7,title=im/9.2.2/x#IM-1::The answer"),
            "{text}"
        );
        assert!(text.contains("100%25"), "{text}");
    }
}
