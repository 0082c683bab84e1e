//! Which names, label values and finalizers Kubernetes takes.

/// Why a name is refused, in Kubernetes' words.
pub(crate) type Why = String;

const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and \
     end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
     '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
     character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and \
     end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
     alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  \
     or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Longest label value and longest name part of a label key, in bytes.
const LABEL_BYTES: usize = 63;
/// Longest name of an object, in bytes.
pub(crate) const NAME_BYTES: usize = 253;

fn within(text: &str, most: usize) -> Result<(), Why> {
    if text.len() > most { Err(format!("must be no more than {most} bytes")) } else { Ok(()) }
}

fn in_middle(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Alphanumeric at both ends, and `-`, `_`, `.` between.
fn is_word(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    ends(text.chars().next()) && ends(text.chars().next_back()) && text.chars().all(in_middle)
}

fn is_dns_label(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends = |c: Option<char>| c.is_some_and(plain);
    ends(text.chars().next()) && ends(text.chars().next_back()) && text.chars().all(|c| plain(c) || c == '-')
}

pub(crate) fn label_value(value: &str) -> Result<(), Why> {
    within(value, LABEL_BYTES)?;
    if value.is_empty() || is_word(value) { Ok(()) } else { Err(LABEL_VALUE.to_owned()) }
}

/// Keys of labels and annotations, and finalizers: `name`, or `prefix/name`.
pub(crate) fn qualified_name(key: &str) -> Result<(), Why> {
    let name = match key.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                return Err("prefix part must be non-empty".to_owned());
            }
            subdomain(prefix).map_err(|why| format!("prefix part {why}"))?;
            name
        }
        _ => {
            let form = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                        alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                        '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. \
                        'example.com/MyName')";
            return Err(form.to_owned());
        }
    };
    if name.is_empty() {
        return Err("name part must be non-empty".to_owned());
    }
    within(name, LABEL_BYTES).map_err(|why| format!("name part {why}"))?;
    if is_word(name) { Ok(()) } else { Err(NAME_PART.to_owned()) }
}

/// Names of most objects.
pub(crate) fn subdomain(name: &str) -> Result<(), Why> {
    within(name, NAME_BYTES)?;
    if name.split('.').all(is_dns_label) { Ok(()) } else { Err(SUBDOMAIN.to_owned()) }
}

/// Names of namespaces.
pub(crate) fn dns_label(name: &str) -> Result<(), Why> {
    within(name, LABEL_BYTES)?;
    if is_dns_label(name) { Ok(()) } else { Err(LABEL.to_owned()) }
}

/// Keys in a ConfigMap.
pub(crate) fn config_key(key: &str) -> Result<(), Why> {
    within(key, NAME_BYTES)?;
    match key {
        "." | ".." => Err(format!("must not be '{key}'")),
        _ if !key.is_empty() && key.chars().all(in_middle) => Ok(()),
        _ => Err(CONFIG_KEY.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_value_is_a_word_of_at_most_63_bytes_or_nothing() {
        for good in ["", "a", "A-b_c.9", &"x".repeat(63)] {
            assert_eq!(label_value(good), Ok(()), "{good}");
        }
        for bad in ["a/b", "-a", "a-", "ä", " ", &"x".repeat(64)] {
            assert!(label_value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_of_an_object_is_a_subdomain_of_at_most_253_bytes() {
        for good in ["a", "a.b-c.9", &"x".repeat(253)] {
            assert_eq!(subdomain(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "a_b", "a..b", ".a", "a-", &"x".repeat(254)] {
            assert!(subdomain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_may_have_one_prefix() {
        assert_eq!(qualified_name("agents.platform/Kind_1"), Ok(()));
        for bad in ["a/b/c", "/b", "a/", "", "A_B/c", "-x"] {
            assert!(qualified_name(bad).is_err(), "{bad}");
        }
    }
}
