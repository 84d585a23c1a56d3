use proptest::prelude::*;

use super::*;
use crate::outward::target;

/// What was found, as `form who host`, and the text with everything that leads to `evil.example` replaced.
fn read(text: &str, cuts: &[usize], json: bool) -> (Vec<String>, String) {
    let mut scanner = Scanner::new(json);
    let (mut seen, mut out) = (Vec::new(), String::new());
    let mut watch = |found: &Found<'_>| {
        let mut hosts: Vec<String> =
            found.targets.iter().filter_map(|written| Some(target::read(written)?.host)).collect();
        hosts.dedup();
        let who = if found.fetched == Fetched::ByItself { "!" } else { "" };
        seen.push(format!("{}{who} {}", found.form.id(), hosts.join(",")));
        hosts.iter().any(|host| host == "evil.example").then(|| "#".to_owned())
    };
    let chars: Vec<char> = text.chars().collect();
    let mut bounds: Vec<usize> =
        cuts.iter().map(|cut| cut % (chars.len() + 1)).chain([0, chars.len()]).collect();
    bounds.sort_unstable();
    for pair in bounds.windows(2) {
        let mut settled = String::new();
        scanner.push(&chars[pair[0]..pair[1]].iter().collect::<String>(), &mut watch, &mut settled);
        out.push_str(&settled);
    }
    let mut settled = String::new();
    scanner.finish(&mut watch, &mut settled);
    (seen, out + &settled)
}

fn whole(text: &str) -> (Vec<String>, String) {
    read(text, &[], false)
}

#[test]
fn every_form_is_found() {
    for (text, seen, left) in [
        ("a ![x](https://evil.example/a.png) b", "image! evil.example", "a # b"),
        ("![x](<https://evil.example/a b> \"t)t\").", "image! evil.example", "#."),
        ("![x](\n  https://evil.example/a\n)", "image! evil.example", "#"),
        ("![a [b] c](//evil.example)", "image! evil.example", "#"),
        ("![a](https&#58;//evil.example/x)", "image! evil.example", "#"),
        ("![a](https\\://evil.example/x)", "image! evil.example", "#"),
        ("[words](https://evil.example/?d=1)", "link evil.example", "[words]#"),
        ("[w](https://evil.example/a_(b)) c", "link evil.example", "[w]# c"),
        ("see https://evil.example/x.", "address evil.example", "see #."),
        ("（见https://evil.example/x，谢谢）", "address evil.example", "（见#，谢谢）"),
        ("<https://evil.example/x>", "address evil.example", "<#>"),
        ("www.evil.example/x y", "address evil.example", "# y"),
        ("<img src='https://evil.example/x' alt=\">\">z", "tag! evil.example", "#z"),
        ("<IMG\n SRC=//evil.example/x>", "tag! evil.example", "#"),
        ("<img src=\"ht\ntps://evil.example\">", "tag! evil.example", "#"),
        ("<a href=\"https://evil.example\">x</a>", "tag evil.example", "#x</a>"),
        (
            "<div style=\"background:url(https://evil.example/x)\">",
            "address! evil.example",
            "<div style=\"background:url(#)\">",
        ),
        ("[r]: https://evil.example/x", "definition evil.example", "[r]#"),
        ("[r]:\n <https://evil.example/x> 'title'", "definition evil.example", "[r]# 'title'"),
    ] {
        let (found, out) = whole(text);
        assert!(found.iter().any(|one| one == seen), "{text}: {found:?}");
        assert_eq!(out, left, "{text}");
    }
}

#[test]
fn a_picture_by_reference_is_a_picture_whichever_comes_first() {
    let (seen, out) = whole("![x][R]\n\n[r]: https://evil.example/x\n");
    assert_eq!((&*seen[0], &*out), ("definition! evil.example", "![x][R]\n\n[r]#\n"));
    let (seen, out) = whole("[r]: https://other.example/x\n\n![x][r] ![ R ] ![r][]");
    assert_eq!(
        seen,
        ["definition other.example", "image! other.example", "image! other.example", "image! other.example"]
    );
    assert_eq!(out, "[r]: https://other.example/x\n\n![x][r] ![ R ] ![r][]");
}

#[test]
fn code_is_left_alone_and_what_only_looks_like_code_is_not() {
    for text in [
        "`![x](https://evil.example/x)`",
        "``a ` ![x](https://evil.example/x)`` b",
        "```html\n<img src=\"https://evil.example/x\">\n```\n",
        "~~~\n![x](https://evil.example)\n~~~",
        "1. so\n   ```\n   ![x](https://evil.example)\n   ```\n",
    ] {
        assert_eq!(whole(text), (Vec::new(), text.to_owned()), "{text}");
    }
    for text in [
        "`open ![x](https://evil.example/x)",
        "`open\n\n![x](https://evil.example/x)`",
        "``two ` ![x](https://evil.example/x)",
        "``` a `b` ![x](https://evil.example/x)",
        "``` a`\n![x](https://evil.example/x)",
        "- a\n  ```\n![x](https://evil.example/x)",
        "> ```\n![x](https://evil.example/x)",
        "```\n```\n![x](https://evil.example/x)",
        "    ```\n![x](https://evil.example/x)",
        "\\`![x](https://evil.example/x)`",
    ] {
        assert!(!whole(text).1.contains("evil"), "{text}: {:?}", whole(text));
    }
}

#[test]
fn what_points_nowhere_passes() {
    for text in [
        "hello, which whale? who? h ht http https: http:/ [a] ![b] (c) [d](e) ![f](g.png) a < b <i>x</i> <b",
        "[a](#top) [b](/path) ![c](data:image/png;base64,AAAA) [d](mailto:a@evil.example)",
        "[^1]: https note without address\n\n- [ ] task\n- [x] done",
        "if a<img and b>c then `x` else ``y",
        "wwwhat whttp://",
    ] {
        assert_eq!(whole(text).1, text);
    }
}

#[test]
fn json_keeps_its_shape() {
    let text =
        r#"{"a":"![x](https:\/\/evil.example\/x)","b":"see \u0068ttps:\/\/ok.example \"<img src=\"","c":1}"#;
    let (seen, out) = read(text, &[], true);
    assert_eq!(seen[0], "image! evil.example");
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["a"], "#");
    let open = r#"{"a":"![x](https://evil.example/","b":")"}"#;
    assert!(serde_json::from_str::<serde_json::Value>(&read(open, &[], true).1).is_ok());
}

#[test]
fn what_is_too_long_does_not_slip_through() {
    let long = "x".repeat(3 * LIMIT);
    for text in [
        format!("![a](https://evil.example/{long}) end"),
        format!("![{long}](https://evil.example/x) end"),
        format!("[a](https://evil.example/{long}) end"),
        format!("https://evil.example/{long} end"),
        format!("<img alt=\"{long}\" src=\"https://evil.example/x\"> end"),
        format!("[{long}](https://evil.example/x) end"),
    ] {
        for cuts in [vec![], vec![10, 50, 300, 5000, 9000]] {
            let (_, out) = read(&text, &cuts, false);
            assert!(!out.contains("evil.example"), "{}", &text[..30]);
            assert!(out.ends_with("end"), "{}", &text[..30]);
        }
    }
    let loose = whole(&format!("![{long}](https://evil.example/x)")).0;
    assert_eq!(loose, ["link! evil.example"], "it counts as a picture");
}

#[test]
fn no_more_is_held_back_than_needed() {
    let held = |pieces: &[&str]| {
        let mut scanner = Scanner::new(false);
        let mut out = String::new();
        for piece in pieces {
            scanner.push(piece, &mut |_| None, &mut out);
        }
        scanner.pending().to_owned()
    };
    for (text, pending) in [
        ("hello wor", ""),
        ("hello http", ""),
        ("hello https:", "https:"),
        ("hello https:/", "https:/"),
        ("- `code` ", ""),
        ("```rust", ""),
        ("\n    ", ""),
        ("[1]", ""),
        ("[1]: http", ": http"),
        ("see [words", ""),
        ("see [words]", ""),
        ("see [words](http", "(http"),
        ("see [words](http://a.example) ", ""),
        ("a < b", ""),
        ("a <im", "<im"),
        ("a <in", "<in"),
        ("a <int", ""),
        ("wow!", ""),
        ("`co", ""),
        ("2 * 3\n", ""),
    ] {
        assert_eq!(held(&[text]), pending, "{text}");
    }
    assert_eq!(held(&["see ![pic", "ture](https://a", ".example/x) then"]), ""); // typos:ignore
    let (_, out) = read("a ![x](https://evil.example)", &[3], false);
    assert_eq!(out, "a ! #", "what went out already must not join what comes");
}

#[test]
fn hostile_texts_cost_what_they_are_long() {
    for unit in [
        "![",
        "](",
        "`",
        "`http://",
        "<img ",
        "[\n",
        "![a](",
        "``h`",
        "<img a=\"",
        "\\",
        "~~~",
        "![![a](x)",
        "http://",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        let (_, out) = whole(&text);
        assert_eq!(out, text, "{unit}");
    }
}

proptest! {
    #[test]
    fn cuts_do_not_matter(
        parts in prop::collection::vec(prop_oneof![
            Just("![a](https://evil.example/x) ".to_owned()), Just("[b](https://evil.example) ".to_owned()), Just("`".to_owned()),
            Just("\n\n".to_owned()), Just("```\n".to_owned()), Just("<img src=https://evil.example>".to_owned()), Just("[r]: ".to_owned()),
            Just("![r]".to_owned()), Just("https://evil.example/x".to_owned()), "[ a-h!\\[\\](<>\"'`~\n\\\\/:]{0,6}", "\\PC{0,4}",
        ], 0..10),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let text = parts.concat();
        let (cut, whole) = (read(&text, &cuts, false), read(&text, &[], false));
        prop_assert_eq!(cut.0, whole.0);
        // What was sent before it was known to lead somewhere stays there.
        let left = ["https #", "http #", "! #"].iter().fold(cut.1, |text, left| text.replace(left, "#"));
        let whole = ["https #", "http #", "! #"].iter().fold(whole.1, |text, left| text.replace(left, "#"));
        prop_assert_eq!(left, whole);
    }

    #[test]
    fn any_text_is_safe(text in "([!\\[\\]()<>`~\"'\\\\ \n]|http://|www\\.|<img |\\PC){0,60}", json in any::<bool>()) {
        let mut scanner = Scanner::new(json);
        let mut out = String::new();
        scanner.push(&text, &mut |_| None, &mut out);
        scanner.finish(&mut |_| None, &mut out);
        prop_assert_eq!(out, text);
    }
}
