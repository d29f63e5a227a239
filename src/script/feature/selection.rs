//! Which cases are meant: addresses, a tag expression, a shard. Knows no case's content.

use cucumber::tag::Ext as _;
use gherkin::tagexpr::TagOperation;

use crate::script::suggest;

/// Longer tag expressions are refused: they are parsed by recursion.
const MAX_EXPRESSION: usize = 500;
const MAX_SHARDS: u64 = 10_000;

/// Every part narrows the choice; an empty one leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    addresses: Vec<String>,
    tags: Option<TagOperation>,
    shard: Option<Shard>,
}

/// One of `count` parts, `index` from 1. A case stays in its part whatever other cases come or go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    pub index: u64,
    pub count: u64,
}

impl Selection {
    /// From the words of the command line: beginnings of addresses (any of them will do), `@a and not @b`, `2/5`.
    pub fn parse(addresses: &[String], tags: Option<&str>, shard: Option<&str>) -> Result<Selection, String> {
        let tidy = |address: &String| address.trim().trim_matches('/').to_owned();
        Ok(Selection {
            addresses: addresses.iter().map(tidy).filter(|address| !address.is_empty()).collect(),
            tags: tags.map(parse_tags).transpose()?,
            shard: shard.map(Shard::parse).transpose()?,
        })
    }

    /// True if the case with this address and these tags (without `@`) is chosen.
    pub fn matches(&self, address: &str, tags: &[String]) -> bool {
        (self.addresses.is_empty() || self.addresses.iter().any(|start| begins(address, start)))
            && self.tags.as_ref().is_none_or(|expression| expression.eval(tags))
            && self.shard.is_none_or(|shard| shard.holds(address))
    }

    /// A sentence for each address of the selection that none of `addresses` begins with.
    pub fn unknown<'a>(&self, addresses: impl Iterator<Item = &'a str>) -> Vec<String> {
        let all: Vec<&str> = addresses.collect();
        let strangers = self.addresses.iter().filter(|start| !all.iter().any(|address| begins(address, start)));
        strangers
            .map(|start| {
                let hint = suggest::nearest(start, beginnings(&all)).map(|near| format!(": did you mean `{near}`?"));
                format!("no scenario has the address `{start}`{}", hint.unwrap_or_default())
            })
            .collect()
    }
}

impl Shard {
    /// Reads `2/5`.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) && count <= MAX_SHARDS => Ok(Shard { index, count }),
            _ => Err(format!("`{text}` is no shard: write for example 2/5 for the second of five parts")),
        }
    }

    fn holds(self, address: &str) -> bool {
        fnv(address) % self.count == self.index - 1
    }
}

/// True if `start` is the address or begins it in whole parts: `im/7.2` begins `im/7.2/x` and `im/7.2.1/x`, not `im/7.20/x`.
fn begins(address: &str, start: &str) -> bool {
    let next = address.strip_prefix(start).map(|rest| rest.chars().next());
    let in_subclause = start.matches('/').count() == 1;
    matches!(next, Some(None | Some('/'))) || (in_subclause && next == Some(Some('.')))
}

/// Every beginning of the addresses that ends with a whole part.
fn beginnings<'a>(addresses: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    addresses.iter().flat_map(|a| a.match_indices('/').map(|(at, _)| &a[..at]).chain(std::iter::once(*a)))
}

fn parse_tags(expression: &str) -> Result<TagOperation, String> {
    if expression.len() > MAX_EXPRESSION {
        return Err(format!("the tag expression is longer than {MAX_EXPRESSION} characters"));
    }
    expression.parse().map_err(|_| {
        format!("`{expression}` is no tag expression: write for example `@im-client and not (@slow or @draft)`")
    })
}

/// FNV-1a, 64 bits: small, and the same on every machine and in every version.
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(addresses: &[&str], tags: Option<&str>, shard: Option<&str>) -> Selection {
        let addresses: Vec<String> = addresses.iter().map(|&a| a.to_owned()).collect();
        Selection::parse(&addresses, tags, shard).unwrap()
    }

    #[test]
    fn addresses_begin_in_whole_parts() {
        for (start, address, expected) in [
            ("im", "im/7.2/x", true),
            ("im", "imcr/7.2/x", false),
            ("im/7.2", "im/7.2/x", true),
            ("im/7.2", "im/7.2.1/x", true),
            ("im/7.2/", "im/7.2.1/x", true),
            ("im/7.2", "im/7.20/x", false),
            ("im/7.2/x", "im/7.2/x", true),
            ("im/7.2/x", "im/7.2/x/1300", true),
            ("im/7.2/x", "im/7.2/x-y", false),
            ("im/7.2/x/1", "im/7.2/x", false),
        ] {
            assert_eq!(selection(&[start], None, None).matches(address, &[]), expected, "{start} {address}");
        }
        assert!(selection(&[], None, None).matches("im/1/a", &[]));
        assert!(selection(&["cpm", "im/1"], None, None).matches("im/1/a", &[]));
    }

    #[test]
    fn tags_are_expressions() {
        let tags: Vec<String> = ["im-client", "slow"].map(str::to_owned).to_vec();
        for (expression, expected) in [
            ("@im-client", true),
            ("@im-client and not @slow", false),
            ("@other or (@slow and @im-client)", true),
            ("@im", false),
        ] {
            assert_eq!(selection(&[], Some(expression), None).matches("a/1/b", &tags), expected, "{expression}");
        }
        for expression in ["@a and", "a", "", &"not ".repeat(1000)] {
            assert!(Selection::parse(&[], Some(expression), None).is_err(), "{expression}");
        }
    }

    #[test]
    fn shards_part_the_cases_and_never_move_one() {
        let addresses: Vec<String> = (0..200).map(|n| format!("im/9.{n}/case")).collect();
        let shards: Vec<Selection> = (1..=5).map(|n| selection(&[], None, Some(&format!("{n}/5")))).collect();
        for address in &addresses {
            assert_eq!(shards.iter().filter(|s| s.matches(address, &[])).count(), 1, "{address}");
        }
        assert!(shards.iter().all(|s| addresses.iter().any(|a| s.matches(a, &[]))));
        assert_eq!(fnv("im/9.1.1.2/one-recipient"), 0x59ad_c383_a03f_f00e, "the hash has changed, so every shard has");
        for shard in ["0/5", "6/5", "5", "a/b", "1/0", "1/99999", "-1/5"] {
            assert!(Shard::parse(shard).is_err(), "{shard}");
        }
    }
}
