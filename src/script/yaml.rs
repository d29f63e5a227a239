//! Reading YAML that people write: strict types in, one clear diagnostic out. Knows no schema.

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::diagnostic::Diagnostic;
use super::suggest;

/// Larger texts are refused, in octets.
pub const MAX_SIZE: usize = 1 << 20;
/// More brackets left open than this are refused: the parser's time grows with their square.
const MAX_OPEN: usize = 500;
/// What a text may grow to when its aliases are followed, in octets of scalars plus nodes.
const MAX_EXPANDED: usize = 8 << 20;

/// Reads `text` as one YAML document; `file` names it in the diagnostic.
pub fn from_str<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    if text.len() > MAX_SIZE {
        return Err(Diagnostic::new(file, format!("is larger than {MAX_SIZE} octets")));
    }
    if let Some(line) = too_deep(text) {
        return Err(Diagnostic::new(file, TOO_DEEP).at(text, line, 1));
    }
    let refuse = |error| diagnostic(file, text, &error);
    if text.contains('&') && text.contains('*') {
        let mut left = MAX_EXPANDED;
        Budget(&mut left).deserialize(serde_yaml::Deserializer::from_str(text)).map_err(refuse)?;
    }
    serde_yaml::from_str(text).map_err(refuse)
}

/// For `#[serde(deserialize_with)]`: a mapping in the order of the file; a key that comes twice is an error.
pub fn unique_keys<'de, D, V>(deserializer: D) -> Result<indexmap::IndexMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct Unique<V>(std::marker::PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
        type Value = indexmap::IndexMap<String, V>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a mapping")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = indexmap::IndexMap::new();
            while let Some((key, value)) = access.next_entry::<String, V>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("`{key}` comes twice")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Unique(std::marker::PhantomData))
}

fn diagnostic(file: &str, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    // The end of the text counts as a line of its own: show the last one that there is.
    let (line, column) = error.location().map_or((0, 0), |at| (at.line().min(text.lines().count()), at.column()));
    let shown = error.to_string();
    // Syntax errors name a second place, the start of what was being read: those are kept whole.
    let once = shown.matches(" at line ").count() == 1;
    let message = shown.split_once(" at line ").filter(|_| once).map_or(shown.as_str(), |(message, _)| message);
    let (message, hint) = if shown.contains("repetition limit exceeded") || shown.contains(TOO_MUCH) {
        ("its aliases repeat too much of the text".to_owned(), Some("write the parts out".to_owned()))
    } else if shown.contains("recursion limit exceeded") {
        (TOO_DEEP.to_owned(), None)
    } else if shown.contains("EOF while parsing a value") || text.trim().is_empty() {
        ("is empty".to_owned(), None)
    } else {
        explain_unknown(message)
    };
    let diagnostic = Diagnostic::new(file, message).maybe_hint(hint);
    if line == 0 { diagnostic } else { diagnostic.at(text, line, column) }
}

/// Takes serde's ``unknown field `x`, expected one of `a`, `b` `` apart, into the complaint and a hint.
pub(super) fn explain_unknown(message: &str) -> (String, Option<String>) {
    let unknown = ["unknown field `", "unknown variant `"].iter().any(|start| message.contains(start));
    let Some((complaint, expected)) = message.split_once(", expected ").filter(|_| unknown) else {
        return (message.to_owned(), None);
    };
    let word = complaint.split('`').nth(1).unwrap_or_default();
    let choices: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let all = format!("one of {}", choices.join(", "));
    let hint = match suggest::nearest(word, choices.iter().copied()) {
        Some(choice) => format!("did you mean `{choice}`? ({all})"),
        None => all,
    };
    (complaint.to_owned(), Some(hint))
}

/// The line where too many brackets stand open. Brackets in prose count too; they come in pairs.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.lines().enumerate().find_map(|(number, line)| {
        for octet in line.bytes() {
            match octet {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > MAX_OPEN {
                return Some(number + 1);
            }
        }
        None
    })
}

const TOO_DEEP: &str = "is nested too deeply, or an alias contains itself";
const TOO_MUCH: &str = "aliases repeat too much";

/// Walks a document without keeping it, and stops when it has grown beyond what is left.
struct Budget<'a>(&'a mut usize);

impl Budget<'_> {
    fn spend<E: serde::de::Error>(&mut self, octets: usize) -> Result<(), E> {
        *self.0 = self.0.checked_sub(octets.saturating_add(1)).ok_or_else(|| E::custom(TOO_MUCH))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Budget<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Budget<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: serde::de::Error>(mut self, _: bool) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_i64<E: serde::de::Error>(mut self, _: i64) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_u64<E: serde::de::Error>(mut self, _: u64) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_i128<E: serde::de::Error>(mut self, _: i128) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_u128<E: serde::de::Error>(mut self, _: u128) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_f64<E: serde::de::Error>(mut self, _: f64) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.spend(text.len())
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_none<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.spend(0)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        self.spend(0)?;
        while access.next_element_seed(Budget(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        self.spend(0)?;
        while access.next_key_seed(Budget(self.0))?.is_some() {
            access.next_value_seed(Budget(self.0))?;
        }
        Ok(())
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        // The text of a `!tag` is part of the file, so only what it stands before can repeat.
        let left = self.0;
        let (_tag, content) = access.variant::<String>()?;
        serde::de::VariantAccess::newtype_variant_seed(content, Budget(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Cast {
        name: String,
        #[serde(default)]
        role: Role,
        #[serde(default)]
        ports: Vec<u16>,
    }

    #[derive(Deserialize, Debug, PartialEq, Default)]
    #[serde(rename_all = "kebab-case")]
    enum Role {
        #[default]
        ImClient,
        ControllingFunction,
    }

    #[derive(Deserialize, Debug)]
    struct Keyed {
        #[serde(deserialize_with = "unique_keys")]
        keys: indexmap::IndexMap<String, u8>,
    }

    #[track_caller]
    fn check<T: DeserializeOwned + std::fmt::Debug>(text: &str, place: (u32, u32), message: &str, hint: Option<&str>) {
        let d = from_str::<T>("cast.yaml", text).unwrap_err();
        assert_eq!((d.line, d.column), place, "{d}");
        assert!(d.message.contains(message), "{d}");
        assert_eq!(d.hint.as_deref(), hint, "{d}");
        assert_eq!(d.snippet.is_some(), place.0 != 0, "{d}");
    }

    #[test]
    fn reads_what_is_right() {
        let cast: Cast = from_str("cast.yaml", "name: Alice\nrole: controlling-function\n").unwrap();
        assert_eq!(cast, Cast { name: "Alice".into(), role: Role::ControllingFunction, ports: vec![] });
        let aliased: Vec<Vec<u8>> = from_str("cast.yaml", "- &a [1, 2]\n- *a\n").unwrap();
        assert_eq!(aliased, [[1, 2], [1, 2]]);
        let keyed: Keyed = from_str("cast.yaml", "keys: {b: 1, a: 2}\n").unwrap();
        assert!(keyed.keys.into_iter().eq([("b".to_owned(), 1), ("a".to_owned(), 2)]));
    }

    #[test]
    fn says_where_and_what_would_be_right() {
        check::<Cast>(
            "name: A\nrol: im-client\n",
            (2, 1),
            "unknown field `rol`",
            Some("did you mean `role`? (one of name, role, ports)"),
        );
        check::<Cast>(
            "name: A\nrole: im-clients\n",
            (2, 7),
            "role: unknown variant `im-clients`",
            Some("did you mean `im-client`? (one of im-client, controlling-function)"),
        );
        check::<Cast>(
            "name: A\nports: [1, high]\n",
            (2, 12),
            "ports[1]: invalid type: string \"high\", expected u16",
            None,
        );
        check::<Cast>("role: im-client\n", (1, 1), "missing field `name`", None);
        check::<Cast>("name: A\nname: B\n", (1, 1), "duplicate field `name`", None);
        check::<Cast>("name: 'A\n", (1, 1), "while scanning a quoted scalar at line 1 column 7", None);
        check::<Cast>("", (0, 0), "is empty", None);
        check::<Keyed>("keys:\n  a: 1\n  a: 2\n", (2, 3), "`a` comes twice", None);
    }

    #[test]
    fn refuses_texts_that_grow() {
        let repeat = Some("write the parts out");
        let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1)
        });
        check::<serde_yaml::Value>(&laughs, (0, 0), "aliases repeat too much", repeat);
        let quadratic = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 18), "*a, ".repeat(10_000));
        let d = from_str::<serde_yaml::Value>("cast.yaml", &quadratic).unwrap_err();
        assert!(d.message.contains("aliases repeat too much"), "{d}");
        let d = from_str::<serde_yaml::Value>("cast.yaml", "a: &a [*a]\n").unwrap_err();
        assert!(d.message.contains("an alias contains itself"), "{d}");
        for deep in ["[".repeat(400), "- ".repeat(5_000), "{a: ".repeat(200_000)] {
            let d = from_str::<serde_yaml::Value>("cast.yaml", &deep).unwrap_err();
            assert!(d.message.contains("nested too deeply"), "{d}");
        }
        let d = from_str::<serde_yaml::Value>("cast.yaml", &"x".repeat(MAX_SIZE + 1)).unwrap_err();
        assert!(d.message.contains("larger"), "{d}");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[a-z&*:{}\\[\\]!|>'\"\n -]{0,200}") {
            if let Err(d) = from_str::<serde_yaml::Value>("any.yaml", &text) {
                proptest::prop_assert!(!d.message.is_empty());
            }
        }
    }
}
