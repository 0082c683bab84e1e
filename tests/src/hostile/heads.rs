//! Hostile headers around an honest body.

/// The headers of one request, as they stand on the wire; some are more than a client library would send.
#[derive(Debug, Clone)]
pub struct Head {
    /// Says which one it is, when a test fails.
    pub name: String,
    /// Names and values, in order, names possibly twice.
    pub fields: Vec<(String, Vec<u8>)>,
    /// What may be answered; none means that the connection may also be closed without an answer.
    pub statuses: &'static [u16],
}

/// Headers for one body. `signature` is its right `X-Hub-Signature-256`; no event in them is one that is read, so that an honest
/// body means nothing.
#[must_use]
pub fn heads(signature: &str) -> Vec<Head> {
    let mut all = Vec::new();
    let mut head = |name: &str, statuses: &'static [u16], fields: &[(&str, &[u8])]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        all.push(Head { name: name.to_owned(), fields, statuses });
    };
    let event = ("X-GitHub-Event", &b"star"[..]);
    let delivery = ("X-GitHub-Delivery", &b"hostile-head"[..]);
    let signed = ("X-Hub-Signature-256", signature.as_bytes());
    head("as it should be", &[202], &[event, delivery, signed]);
    head("names in capitals", &[202], &[("X-GITHUB-EVENT", b"star"), ("x-github-DELIVERY", b"d"), signed]);

    let upper = signature.to_uppercase();
    let doubled = format!("{signature},{signature}");
    let longer = format!("{signature}00");
    let shapes: [&[u8]; 14] = [
        b"",
        b" ",
        b"sha256=",
        b"sha256",
        b"sha256=zz",
        b"sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
        b"sha512=00",
        b"SHA256=00",
        b"sha256=\xff\xfe",
        b"sha256=0000000000000000000000000000000000000000000000000000000000000000",
        upper.as_bytes(),
        doubled.as_bytes(),
        longer.as_bytes(),
        &signature.as_bytes()[.."sha256=".len() + 62],
    ];
    for shape in shapes {
        head(&format!("signature {:?}", String::from_utf8_lossy(shape)), &[401], &[event, delivery, ("X-Hub-Signature-256", shape)]);
    }
    head("no signature", &[401], &[event, delivery]);
    head("only the old signature", &[401], &[event, delivery, ("X-Hub-Signature", signed.1)]);
    let wrong = ("X-Hub-Signature-256", &b"sha256=0000000000000000000000000000000000000000000000000000000000000000"[..]);
    head("the right signature, then a wrong one", &[401], &[event, delivery, signed, wrong]);
    head("a wrong signature, then the right one", &[401], &[event, delivery, wrong, signed]);
    head("the right signature twice", &[401], &[event, delivery, signed, signed]);

    let long = b"e".repeat(10_000);
    for name in [&b""[..], b" ", b"\xff", b"a\tb", &long, &b"e".repeat(61)] {
        head(&format!("event {:?}", shown(name)), &[202, 400], &[("X-GitHub-Event", name), delivery, signed]);
    }
    head("no event", &[400], &[delivery, signed]);
    head("two events", &[400], &[event, ("X-GitHub-Event", b"push"), delivery, signed]);
    for id in [&b""[..], b"a b", b"../../x", b"\xc3\xa9", b"a\"b", b"$(x)", b"%00", &long, &b"d".repeat(81)] {
        head(&format!("delivery {:?}", shown(id)), &[400], &[event, ("X-GitHub-Delivery", id), signed]);
    }
    head("no delivery id", &[400], &[event, signed]);
    head("two delivery ids", &[400], &[event, delivery, ("X-GitHub-Delivery", b"another"), signed]);

    let huge = b"h".repeat(1_000_000);
    head("a header of a megabyte", &[431], &[event, delivery, signed, ("X-Huge", &huge)]);
    let many: Vec<(&str, &[u8])> = [event, delivery, signed].into_iter().chain((0..500).map(|_| ("X-Many", &b"1"[..]))).collect();
    head("five hundred headers", &[431], &many);
    head("a name with a space", &[400], &[event, delivery, signed, ("X Bad", b"1")]);
    head("a name with a zero", &[400], &[event, delivery, signed, ("X-\0", b"1")]);
    head("a value with a carriage return", &[400], &[event, delivery, signed, ("X-Bad", b"a\rb")]);
    head("a bearer besides", &[202], &[event, delivery, signed, ("Authorization", b"Bearer \xff")]);
    head("a forwarded host", &[202], &[event, delivery, signed, ("X-Forwarded-Host", b"evil.example"), ("Forwarded", b"for=\"_x\"")]);
    head("a content type of a form", &[202], &[event, delivery, signed, ("Content-Type", b"application/x-www-form-urlencoded")]);
    head("a content encoding", &[202], &[event, delivery, signed, ("Content-Encoding", b"gzip")]);
    all
}

fn shown(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().take(20).collect()
}
