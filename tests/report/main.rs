//! The reports of a run that has every verdict and a peer that sends what acts on terminals, browsers and CI servers.

mod fixture;

use std::path::Path;

use fixture::{finding, run};
use imspec::judge::finding::{Arrow, Run, Verdict};
use imspec::report::{self, html, json, junit, ladder, summary, terminal, text};
use imspec::time::Time;
use imspec::wire::Span;

const FILES: terminal::Files<'_> = terminal::Files { report: None, captures: None };

#[test]
fn the_terminal_shows_all_that_a_repair_needs() {
    let files =
        terminal::Files { report: Some(Path::new("reports/latest")), captures: Some(Path::new("captures/latest")) };
    let shown = plain(&terminal::render(&run(), files, 100));
    insta::assert_snapshot!("terminal", shown);
}

#[test]
fn the_terminal_is_not_exceeded_and_gets_no_code_of_a_peer() {
    for width in [60, 80, 100, 160] {
        let shown = plain(&terminal::render(&run(), FILES, width));
        assert!(!shown.contains(|c| text::acts(c) && c != '\n'), "{shown:?}");
        // Ids and commands are never cut: people copy them. Nor is the sum: programs look for it.
        let copied =
            |line: &str| line.contains("im/9.1.1.2/") || line.contains("imspec run") || line.contains(" cases: ");
        for line in shown.lines().filter(|line| !copied(line)) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "wider than {width}: {line}");
        }
    }
}

#[test]
fn colours_are_only_ours() {
    let shown = terminal::render(&run(), FILES, 100);
    for code in shown.split('\u{1b}').skip(1) {
        let (code, _) = code.split_once('m').expect("every escape sequence is a style");
        assert!(code.starts_with('[') && code[1..].bytes().all(|c| c.is_ascii_digit() || c == b';'), "{code:?}");
    }
    assert!(!shown.contains("\u{1b}[31mred"), "only its escaped form may appear");
}

#[test]
fn the_summary_is_markdown_whatever_peers_send() {
    insta::assert_snapshot!("summary.md", summary::to_string(&run()));
}

#[test]
fn junit_holds_every_finding() {
    let xml = junit::to_string(&run()).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let suites: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!(suites.len(), run().cases.iter().map(|case| case.findings.len()).sum::<usize>());
    insta::assert_snapshot!("junit.xml", xml);
}

#[test]
fn the_page_is_inert() {
    let page = html::to_string(&run()).unwrap();
    for forbidden in [
        "<script",
        "href=\"javascript:",
        "<img",
        "onerror=\"",
        "http://",
        "https://",
        "url(",
        "@import",
        "\u{1b}",
        "\u{202e}",
    ] {
        // The namespace of SVG is a name, nothing that is fetched.
        let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!page.contains(forbidden), "{forbidden:?} in the page");
    }
    assert!(page.contains("content=\"default-src 'none';"));
    for shown in [
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "\\x1b[31mred",
        "\\u{202e}",
        "\\xff\\x00",
        "<mark>sendrecv</mark>",
    ] {
        assert!(page.contains(shown), "{shown:?} is not in the page");
    }
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let page = html::to_string(&run()).unwrap();
    let links: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 5, "{links:?}");
    for link in links {
        assert_eq!(page.matches(&format!("id=\"{link}\"")).count(), 1, "{link}");
    }
}

#[test]
fn a_thousand_cases_make_a_page_that_opens() {
    let mut large = run();
    let case = large.cases[0].clone();
    large.cases = (0..1000)
        .map(|n| {
            let mut case = case.clone();
            case.address = format!("im/9.1.1.2/case-{n}");
            case.findings = (0..20).map(|_| finding(if n % 2 == 0 { Verdict::Pass } else { Verdict::Fail })).collect();
            case
        })
        .collect();
    let page = html::to_string(&large).unwrap();
    assert!(page.len() < 40_000_000, "{} octets", page.len());
}

#[test]
fn results_give_the_run_back() {
    let text = json::to_string(&run());
    assert!(!text.contains(|c| text::acts(c) && c != '\n'), "results are shown on terminals too");
    assert_eq!(json::read(text.as_bytes()).unwrap(), run());
    insta::assert_snapshot!("results.json", text.replace(env!("CARGO_PKG_VERSION"), "[version]"));
}

#[test]
fn results_of_another_version_are_told_apart_from_broken_ones() {
    let text = json::to_string(&run());
    let broken = |from: &str, to: &str| json::read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
    for (from, to, told) in [
        ("imspec-results/1", "imspec-results/2", "this imspec reads \"imspec-results/1\""),
        ("\"message\": 0", "\"message\": 99", "cites a message that is not there"),
        ("\"encoding\": \"text\"", "\"encoding\": \"hex\"", "are not as their encoding says"),
        ("\"time\": \"", "\"time\": \"-", "is no time in seconds"),
        ("\"cases\": [", "\"cases\": ", "no results of imspec"),
    ] {
        let error = broken(from, to);
        assert!(error.contains(told), "{from} to {to}: {error}");
    }
}

#[test]
fn a_folder_is_written_whole_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("reports/today");
    report::write_all(&run(), &dir).unwrap();
    let first = contents(&dir);
    report::write_all(&run(), &dir).unwrap();
    assert_eq!(contents(&dir), first, "the same run gives the same bytes");
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["junit.xml", "report.html", "results.json", "summary.md"]);
    assert_eq!(report::read(&dir).unwrap(), run());
    assert_eq!(report::read(&dir.join("results.json")).unwrap(), run());
}

#[test]
fn an_error_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("results.json");
    std::fs::create_dir(&blocked).unwrap();
    let error = report::write_all(&run(), dir.path()).unwrap_err();
    assert_eq!(error.path, blocked);
    assert_eq!(contents(dir.path()), [], "nothing half-written is left");
    let missing = report::read(&dir.path().join("no.json")).unwrap_err();
    assert!(missing.to_string().contains("no.json"), "{missing}");
}

#[test]
fn an_empty_run_says_so_everywhere() {
    let empty = Run { stage: "simulated".into(), ..Run::default() };
    assert!(plain(&terminal::render(&empty, FILES, 80)).ends_with("\n0 cases: no findings\n"));
    assert!(summary::to_string(&empty).contains("no findings"));
    assert_eq!(json::read(json::to_string(&empty).as_bytes()).unwrap(), empty);
    assert!(junit::to_string(&empty).is_ok() && html::to_string(&empty).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_peer_sends_every_report_is_whole(text: String, octets: Vec<u8>, start: u32, end: u32, lane: usize, at: u64) {
        let mut run = run();
        for finding in &mut run.cases[0].findings {
            finding.found = Some(text.clone());
            finding.expected.push(text.clone());
            if let Some(evidence) = &mut finding.evidence {
                evidence.octets = octets.clone().into();
                evidence.span = Some(Span { start, end });
                evidence.at = Time(at);
            }
        }
        run.cases[0].ladder.lanes.push(text.clone());
        run.cases[0].ladder.arrows.push(Arrow { packet: 0, at: Time(at), from: lane, to: 0, label: text });
        proptest::prop_assert_eq!(&json::read(json::to_string(&run).as_bytes()).unwrap(), &run);
        let xml = junit::to_string(&run).unwrap();
        proptest::prop_assert!(roxmltree::Document::parse(&xml).is_ok());
        let shown = plain(&terminal::render(&run, FILES, 80)) + &ladder::text(&run.cases[0].ladder, 80);
        let page = html::to_string(&run).unwrap();
        for report in [shown, page, summary::to_string(&run)] {
            proptest::prop_assert!(!report.contains(|c| text::acts(c) && c != '\n'), "{}", report);
        }
    }
}

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

fn contents(dir: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    let mut files: Vec<_> = files.map(read).collect();
    files.sort();
    files
}
