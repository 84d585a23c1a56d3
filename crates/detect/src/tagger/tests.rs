use ombud_core::DataType::{self, Location, Org, Person};
use proptest::prelude::*;

use super::*;
use crate::normalise::normalise;

fn names(text: &str) -> Vec<(DataType, String)> {
    let tagger = Tagger::built_in().expect("the model in the binary is read");
    let text = normalise(text).text.into_owned();
    tagger.tag(&text).into_iter().map(|found| (found.kind, text[found.span].to_owned())).collect()
}

fn finds(text: &str, kind: DataType, name: &str) {
    let found = names(text);
    assert!(found.contains(&(kind, name.to_owned())), "{text}: {found:?}");
}

#[test]
fn the_model_in_the_binary_is_read_and_small() {
    assert!(Tagger::built_in().is_some());
    assert!(MODEL.len() <= 8 << 20, "{} bytes", MODEL.len());
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    assert!(Model::read(&[]).is_none());
    assert!(Model::read(&MODEL[..MODEL.len() - 1]).is_none(), "cut short");
    assert!(Model::read(&MODEL[..model::HEADER]).is_none(), "no weights");
    let mut other = MODEL.to_vec();
    other[8] ^= 1;
    assert!(Model::read(&other).is_none(), "made for other features");
}

#[test]
fn chinese_names_are_found() {
    finds("我叫欧阳婷婷，想改一下预约时间", Person, "欧阳婷婷");
    finds("请把合同发给李建国审核", Person, "李建国");
    finds("导演史蒂文·斯皮尔伯格昨天到访", Person, "史蒂文·斯皮尔伯格");
    finds("我在上海市浦东新区世纪大道100号上班", Location, "上海市浦东新区世纪大道100号");
    finds("她毕业于北京大学", Org, "北京大学");
}

#[test]
fn nicknames_and_forms_of_address_are_found() {
    finds("老王，昨天的报价单发我一下", Person, "老王");
    finds("让张总签个字", Person, "张总");
    finds("小李在吗？有个问题想请教", Person, "小李");
}

#[test]
fn english_names_are_found_in_any_case() {
    finds("Please forward this to Ms. Margaret Hoffman today.", Person, "Margaret Hoffman");
    finds("my name is sarah connor and i need help", Person, "sarah connor");
    finds("Ship it to 42 Maple Avenue, Portland, OR 97205.", Location, "42 Maple Avenue, Portland, OR 97205");
    finds("She studied at the University of Chicago.", Org, "University of Chicago");
}

#[test]
fn what_is_one_name_is_one_entity() {
    finds("Can you remind Zhang Wei to call me back?", Person, "Zhang Wei");
    finds("Please send it to 9 Baker Street, London.", Location, "9 Baker Street, London");
}

#[test]
fn names_in_news_and_posts_are_found() {
    finds("詹姆斯砍下40分,湖人击败勇士", Person, "詹姆斯");
    finds("李娜和韩梅梅在清华大学图书馆前合影", Person, "韩梅梅");
    finds("Improve error messages (Marek Oleszczuk)", Person, "Marek Oleszczuk");
}

#[test]
fn two_names_in_one_character_do_not_overlap() {
    let mut end = 0;
    for found in crate::Detector::default().detect("2001:db8:\u{fdfa}Ask-WEST") {
        assert!(found.span.start >= end, "{found:?}");
        end = found.span.end;
    }
}

#[test]
fn names_of_the_other_script_are_found() {
    finds("外教叫Jennifer，每周三上课", Person, "Jennifer");
    finds("Contact 王小明 for access to the room.", Person, "王小明");
}

#[test]
fn ordinary_prose_holds_no_names() {
    for text in [
        "高兴得一晚上没睡着，马上就到，别着急。",
        "请帮我写一个快速排序，再解释一下时间复杂度。",
        "我周五搬家",
        "订单金额对不上，周末之前处理完就行",
        "Will you mark this as read? The bill is due in May.",
        "How do I sort a list in Python?",
        "const userName = await getUserName(id);",
        "for (const item of items) { console.log(item.id); }",
        "it lies in /usr/lib/python3.12/site-packages/numpy/core/__init__.py",
        "Payment Method: Credit Card\nShipping Method: Standard",
        "SELECT first_name FROM customers WHERE id = 7;",
        "",
        "12345 67890 -- ++",
        "which sends or publishes something:\n\n```json\n{\"to\": [\"a@example.com\"]}\n```\n\nWhy I ask:",
    ] {
        assert_eq!(names(text), [], "{text}");
    }
}

#[test]
fn an_address_is_told_from_a_mere_place() {
    let coarse = |text: &str| -> Vec<bool> {
        let found = Tagger::built_in().expect("the model in the binary is read").tag(text);
        found.into_iter().filter(|found| found.kind == Location).map(|found| found.coarse).collect()
    };
    assert_eq!(coarse("北京现在天气怎么样"), [true]);
    assert_eq!(coarse("我家住在北京市海淀区中关村大街27号"), [false]);
    assert_eq!(coarse("What is the weather like in Berlin?"), [true]);
    assert_eq!(coarse("Please send it to 9 Baker Street, London."), [false]);
}

#[test]
fn links_and_addresses_of_mail_hold_no_names() {
    for text in ["see https://example.com/people/john-smith/", "mail john.smith@example.com now"] {
        assert_eq!(names(text), [], "{text}");
    }
}

#[test]
fn a_long_line_without_an_end_is_tagged_throughout() {
    let text = "李建国和王小明，".repeat(500);
    let people = names(&text).into_iter().filter(|(kind, _)| *kind == Person).count();
    assert!(people > 900, "{people}");
}

/// The percentage of a text's tokens that pass the gate, and the text that does.
fn passes(text: &str) -> (usize, String) {
    let model = Model::read(MODEL).expect("the model in the binary is read");
    let (mut tokens_in_all, mut kept, mut shown) = (0, 0, String::new());
    token::segments(text, |tokens| {
        let (mut sums, mut regions) = (Vec::new(), Vec::new());
        model.gate().regions(tokens, model.lexicon(), model.classes(), &mut sums, &mut regions);
        tokens_in_all += tokens.len();
        for region in regions {
            kept += region.len();
            shown.push_str(&text[tokens[region.start].start..tokens[region.end - 1].end]);
        }
    });
    (kept * 100 / tokens_in_all, shown)
}

#[test]
fn the_gate_keeps_names_and_shuts_out_most_prose() {
    for (text, name) in [
        ("今天下午的会议改到三楼小会议室,请把合同发给李建国审核,其他人提前十分钟到场就可以了。", "李建国"),
        (
            "the plan covers students and nobody could answer without looking it up, so ask sarah about it",
            "sarah",
        ),
        (
            "She wondered whether the projector upstairs is still waiting, and phoned Hoffman about it.",
            "Hoffman",
        ),
    ] {
        let (share, shown) = passes(text);
        assert!(share < 75 && shown.contains(name), "{share}: {shown}");
    }
    let (share, shown) = passes("我觉得这个方案还可以再简单一些,用户不需要看到这么多选项,默认值合适就行。");
    assert!(share < 40, "{share}: {shown}");
}

#[test]
fn tags_follow_each_other_as_they_may() {
    let [begin, inside, place] = [Tag::of(Person, true), Tag::of(Person, false), Tag::of(Location, false)];
    assert!(begin.may_precede(inside) && inside.may_precede(begin) && inside.may_precede(Tag::OUTSIDE));
    assert!(!Tag::OUTSIDE.may_precede(inside) && !begin.may_precede(place));
    assert_eq!(Tag::of(DataType::Phone, true), Tag::OUTSIDE);
}

#[test]
fn probabilities_follow_the_weights() {
    // One kind is as likely as "outside" squared: the rest follows from the sums over all paths.
    let mut decoder = Decoder::new(decode::Transitions::default());
    decoder.push([0, 20, -100, -100, -100, -100, -100]);
    assert!(decoder.decode());
    let found = decoder.spans(0.1);
    let expected = 2_f32.exp() / (2_f32.exp() + 1.0);
    assert_eq!(found.len(), 1);
    assert!((found[0].score - expected).abs() < 1e-3, "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_tagged_in_order_and_on_character_boundaries(text in ".{0,300}") {
        let tagger = Tagger::built_in().expect("the model in the binary is read");
        let mut end = 0;
        for found in tagger.tag(&text) {
            prop_assert!(found.span.start >= end && !found.span.is_empty());
            prop_assert!(text.get(found.span.clone()).is_some());
            prop_assert!((0.0..=1.0).contains(&found.score));
            end = found.span.end;
        }
    }

    #[test]
    fn a_piece_is_the_same_wherever_the_walk_began(text in "[ab7@:/.,_ -]{0,60}") {
        let mut cutter = cut::Cutter::new(&text);
        let mut spaced = true;
        while let Some((piece, _)) = cutter.next_piece(&mut spaced) {
            let fresh = cut::Cutter::new(&text[piece.start..]).next_piece(&mut true).map(|(piece, _)| piece);
            let fresh = fresh.expect("a piece is there");
            prop_assert_eq!((piece.kind, piece.end - piece.start), (fresh.kind, fresh.end));
        }
    }

    #[test]
    fn tokens_cover_everything_but_blanks(text in "[a-zA-Z王李·\\-'’_@:/. \n0-9。é]{0,200}") {
        let mut covered = vec![false; text.len()];
        token::segments(&text, |tokens| {
            for token in tokens {
                assert!(text.get(token.start..token.end).is_some_and(|piece| !piece.is_empty()));
                covered[token.start..token.end].iter_mut().for_each(|place| *place = true);
            }
        });
        for (at, ch) in text.char_indices() {
            prop_assert!(covered[at] || ch.is_whitespace(), "{at} of {text:?}");
        }
    }
}

#[test]
fn small_latin_letters_behind_a_chinese_name_are_no_part_of_it() {
    finds("王建国ok，明天见", Person, "王建国");
    finds("找王建国改一下/王建国ok，王建国abc", Person, "王建国");
    let found = names("找王建国改一下/王建国ok，王建国abc");
    assert!(found.iter().all(|(_, name)| name == "王建国"), "{found:?}");
}

fn class_of(word: &str) -> words::Class {
    Words::built_in().class(feature::hash_word(word.as_bytes()))
}

#[test]
fn words_that_keep_the_same_company_are_of_one_class() {
    assert_ne!(Words::built_in().mark(), Words::default().mark(), "the table is read");
    for [a, b] in
        [["stanford", "princeton"], ["lawyer", "attorney"], ["heidi", "jocelyn"], ["monday", "friday"]]
    {
        assert_eq!(class_of(a).coarse(), class_of(b).coarse(), "{a} {b}");
        assert_ne!(class_of(a).coarse(), 0, "{a}");
    }
    assert_ne!(class_of("stanford").coarse(), class_of("friday").coarse());
    assert_eq!(class_of("qzxwvkj"), words::Class::default(), "no word");
}

#[test]
fn the_model_was_trained_with_the_table_of_this_build() {
    let model = Model::read(MODEL).expect("the model in the binary is read");
    assert_eq!(
        model.words(),
        Words::built_in().mark(),
        "train it again: cargo xtask train --data DIR --only names"
    );
}

#[test]
fn a_table_of_words_holds_what_was_put_in_and_nothing_else() {
    let file = words::table(&[(1, 16), (2, 1023), (3, 17)], 2);
    let table = Words::read(&file).expect("a table");
    assert_eq!([1, 2, 3].map(|word| table.class(word).fine()), [16, 1023, 17]);
    assert_eq!([1, 2, 3].map(|word| table.class(word).coarse()), [1, 63, 1]);
    assert_eq!(table.class(4).fine(), 0);
    assert!(Words::read(&file[..file.len() - 1]).is_none(), "cut short");
    assert!(Words::read(b"OMBTAG02").is_none(), "another file");
}

#[test]
fn a_full_bucket_keeps_the_words_that_came_first() {
    let words: Vec<(u64, u16)> = (0..100).map(|word| (word, 16)).collect();
    let table = words::table(&words, 1);
    let table = Words::read(&table).expect("a table");
    let kept = words.iter().take_while(|(word, _)| table.class(*word).fine() == 16).count();
    assert_eq!(kept, 21);
}
