//! Measures how fast texts are scanned: prints one line per kind of text, `name<TAB>MB/s<TAB>MB/s with
//! names<TAB>bytes<TAB>detections`. The first speed covers all values with a format, the second the whole detector
//! including the name tagger. The texts are generated here, from sentences that contain values as often as real traffic
//! does. The best of several runs counts, on one core. Arguments select the texts by name.

use std::io::Write;
use std::time::Instant;

use ombud_detect::{Detector, Options};

const SIZE: usize = 4 << 20;
const RUNS: usize = 5;

const ENGLISH: &[&str] = &[
    "The meeting moved to the small room because the projector upstairs is still waiting for a part. ",
    "She asked whether the plan covers students, and nobody in the team could answer without looking it up. ",
    "Please summarise the attached notes in three sentences and keep the tone friendly but precise. ",
    "You can reach Jane at jane.doe{n}@example.com or on +1 (602) 272-{n} after lunch. ",
    "Version 2.14.{n} fixes the crash that users saw when the list was empty, see issue {n}. ",
    "We compared both drafts, kept the shorter introduction, and moved the table of results to the end. ",
];

const CHINESE: &[&str] = &[
    "今天下午的会议改到三楼小会议室,请大家提前十分钟到场,把上周的问题先过一遍。",
    "我觉得这个方案还可以再简单一些,用户不需要看到这么多选项,默认值合适就行。",
    "你好,我叫王小明,手机号1391234{n},麻烦帮我查一下订单20240105{n}到哪里了。",
    "请根据下面的资料写一段两百字左右的介绍,语气自然一点,不要太像广告。",
    "他说周末想去郊外走走,如果天气好的话就骑车去,顺便拍几张照片回来。",
    "退款会在三到五个工作日内原路返回,金额{n}.00元,请您留意到账通知。",
];

const FULL_WIDTH: &[&str] = &[
    "今天下午的会议改到三楼小会议室，请大家提前十分钟到场，把上周的问题先过一遍。",
    "你好，我叫王小明，手机号：１３９１２３４{n}，麻烦帮我查一下；谢谢！",
    "退款会在三到五个工作日内原路返回（金额{n}.00元），请您留意到账通知。",
];

const JSON: &[&str] = &[
    r#"{"id":"550e8400-e29b-41d4-a716-44665544{n}","created_at":"2024-01-05T02:00:00Z","amount":{n},"currency":"CNY","status":"paid"},"#,
    r#"{"user_id":{n},"name":"Jane","email":"jane{n}@example.com","ip":"203.0.113.7","tags":["new","web"],"score":0.8231{n}},"#,
    r#"{"path":"/usr/lib/python3.12/site-packages/numpy/core/__init__.py","line":{n},"sha":"9fceb02d0ae598e95dc970b74767f19372d61af8"},"#,
    r#"{"title":"Quarterly report","summary":"Revenue grew while costs stayed flat","pages":[1,2,3,{n}],"draft":false},"#,
];

const CODE: &[&str] = &[
    "    let total: u64 = rows.iter().map(|row| row.amount_{n}).sum();\n",
    "def handle(request):\n    token = request.headers.get('Authorization')\n    return process(token, limit={n})\n",
    "for (const item of items) { if (item.id === {n}) { console.log(`found ${item.name}`); } }\n",
    "// Copyright 2024. See https://example.com/licence?v={n} for details.\n",
];

fn text(sentences: &[&str]) -> String {
    let mut text = String::with_capacity(SIZE + 256);
    let (mut turn, mut number) = (0_usize, 1234_u32);
    while text.len() < SIZE {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sentence = sentences.get(turn % sentences.len()).copied().unwrap_or_default();
        text.push_str(&sentence.replace("{n}", &format!("{:04}", number >> 8 & 0xfff)));
        turn += 1;
    }
    text
}

/// CPU seconds of this thread, where Linux reports them: other programs do not count then.
fn processor_seconds() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    status.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn main() -> std::io::Result<()> {
    let start = Instant::now();
    let detector = Detector::default();
    let mut out = std::io::stdout().lock();
    writeln!(out, "start-up\t{:.1} ms", start.elapsed().as_secs_f64() * 1e3)?;
    let plain = Detector::new(&Options { without_names: true, ..Options::default() });
    let digits = "1234567890".repeat(SIZE / 10);
    let texts = [
        ("english", text(ENGLISH)),
        ("chinese", text(CHINESE)),
        ("chinese-full-width", text(FULL_WIDTH)),
        ("json", text(JSON)),
        ("code", text(CODE)),
        (
            "mixed",
            [ENGLISH, CHINESE, FULL_WIDTH, JSON, CODE]
                .map(text)
                .map(|t| t.chars().take(SIZE / 10).collect::<String>())
                .concat(),
        ),
        ("digits", digits),
        ("numbers", "13812 ".repeat(SIZE / 6)),
        ("at-signs", "a@b.co ".repeat(SIZE / 7)),
        ("dashes", "-----BEGIN PRIVATE KEY-----".repeat(SIZE / 27)),
        ("labels", "password:".repeat(SIZE / 9)),
        ("slashes", "a://b:".repeat(SIZE / 6)),
        ("keys", "sk-eyJhbG".repeat(SIZE / 9)),
        ("hex", "1a:2b:".repeat(SIZE / 6)),
    ];
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    for (name, text) in &texts {
        if !chosen.is_empty() && !chosen.iter().any(|chosen| chosen == name) {
            continue;
        }
        let (formats, _) = speed(&plain, text);
        let (whole, found) = speed(&detector, text);
        writeln!(out, "{name}\t{formats:.0}\t{whole:.0}\t{}\t{found}", text.len())?;
    }
    Ok(())
}

/// Megabytes per second, and the number of detections.
fn speed(detector: &Detector, text: &str) -> (f64, usize) {
    let (mut best, mut found) = (f64::MAX, 0);
    for _ in 0..RUNS {
        let (start, busy) = (Instant::now(), processor_seconds());
        found = detector.detect(text).len();
        let spent = processor_seconds().zip(busy).map(|(after, before)| after - before);
        best = best.min(spent.unwrap_or_else(|| start.elapsed().as_secs_f64()));
    }
    (f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX)) / best / 1e6, found)
}
