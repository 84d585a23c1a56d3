//! What `untrusted-to-exec` tells of each kind of place at which text is run: what it does to people there, and what helps there.

use ombud_core::finding::Finding;

use super::{Advice, Text};
use crate::facts::Sink;

/// How a finding says what kind of place it is.
pub(super) fn name(sink: Sink) -> &'static str {
    match sink {
        Sink::Code => "code",
        Sink::Shell => "shell",
        Sink::Sql => "sql",
        Sink::Template => "template",
        Sink::Html => "page",
        Sink::Pickle => "decoder",
        Sink::Server => "server",
    }
}

/// A file that is read or changed, and an address that is asked.
pub(super) const FILE: &str = "file";
/// The same for an address.
pub(super) const ADDRESS: &str = "address";

/// What is told of a finding.
pub(super) fn advice(finding: &Finding) -> Option<Advice> {
    ADVICE
        .iter()
        .find(|(kind, ..)| *kind == finding.subject)
        .map(|(_, harm, fix)| Advice { harm: *harm, fix: *fix })
}

const ADVICE: &[(&str, Text, Text)] = &[
    (
        "code",
        Text {
            en: "Whoever gets one sentence in front of the model can run a program where the users' data are.",
            zh: "任何人只要能让模型读到一句话，就能在存放用户数据的机器上运行程序。",
        },
        Text {
            en: "Let the text choose from a fixed table of functions (`TABLE[name](value)`), or read it as data: `json.loads`, `ast.literal_eval`.",
            zh: "让文本只能从固定的函数表中选择（`TABLE[name](value)`），或只把它当数据读取：`json.loads`、`ast.literal_eval`。",
        },
    ),
    (
        "shell",
        Text {
            en: "Whoever gets one sentence in front of the model can run any command where the users' data are.",
            zh: "任何人只要能让模型读到一句话，就能在存放用户数据的机器上执行任意命令。",
        },
        Text {
            en: "Name the program yourself and pass a list without a shell: `subprocess.run([\"ls\", \"--\", folder])`, `execFile(\"ls\", [\"--\", folder])`.",
            zh: "程序名由代码写定，参数以列表传入且不经过 shell：`subprocess.run([\"ls\", \"--\", folder])`、`execFile(\"ls\", [\"--\", folder])`。",
        },
    ),
    (
        "sql",
        Text {
            en: "Whoever writes the text reads, changes or deletes what the database keeps of every user.",
            zh: "写下这段文本的人可以读取、修改或删除数据库里所有用户的数据。",
        },
        Text {
            en: "Bind values: `execute(\"… WHERE id = ?\", (id,))`. Choose names of tables and columns from a list. What a model may write as a whole runs with a login that can only read what it may show.",
            zh: "用参数绑定传值：`execute(\"… WHERE id = ?\", (id,))`；表名、列名从列表中选取；若允许模型写整条语句，请用只能读取可展示数据的账号执行。",
        },
    ),
    (
        "template",
        Text {
            en: "A template can call the program's own objects: whoever writes it reads keys and runs code beside the users' data.",
            zh: "模板可以调用程序自身的对象：写模板的人可以读到密钥，并在用户数据所在之处运行代码。",
        },
        Text {
            en: "Keep the template fixed and hand the text in as a value: `render_template(\"page.html\", text=text)`; if users must write templates, use a sandbox (`jinja2.sandbox`).",
            zh: "模板保持固定，文本作为变量传入：`render_template(\"page.html\", text=text)`；若必须允许用户写模板，请使用沙箱（`jinja2.sandbox`）。",
        },
    ),
    (
        "page",
        Text {
            en: "A script in the text runs in the browser of whoever reads it, and acts there in their name.",
            zh: "文本里的脚本会在阅读者的浏览器里运行，并以其身份操作。",
        },
        Text {
            en: "Put it into the page as text (`textContent`, `{answer}` in JSX), or clean the markup first: `DOMPurify.sanitize(html)`.",
            zh: "按文本写入网页（`textContent`、JSX 的 `{answer}`），或先清理标记：`DOMPurify.sanitize(html)`。",
        },
    ),
    (
        "decoder",
        Text {
            en: "Whoever wrote the file or the message runs a program while it is read, where the users' data are.",
            zh: "写下该文件或消息的人，能在它被读取时于存放用户数据的机器上运行程序。",
        },
        Text {
            en: "Read it with a format that holds only data: `json.loads`, `yaml.safe_load`, `safetensors`, `torch.load(…, weights_only=True)`.",
            zh: "改用只含数据的格式读取：`json.loads`、`yaml.safe_load`、`safetensors`、`torch.load(…, weights_only=True)`。",
        },
    ),
    (
        "server",
        Text {
            en: "Whoever writes the settings of a server has any program started where the users' data are.",
            zh: "写下服务器设置的人，能在存放用户数据的机器上启动任意程序。",
        },
        Text {
            en: "Let people choose one of the servers whose commands stand in your code or configuration; of others take only an address (`url`).",
            zh: "只允许从代码或配置中写定启动命令的服务器里选择；其他服务器只接受地址（`url`）。",
        },
    ),
    (
        FILE,
        Text {
            en: "Whoever writes the name reads or overwrites any file that the program can reach: keys, conversations, its own code.",
            zh: "写下文件名的人可以读取或覆盖程序能访问的任何文件：密钥、对话记录、程序自身的代码。",
        },
        Text {
            en: "Take only the last part of the name (`Path(name).name`, `path.basename(name)`), or resolve the path and check that it is still below its folder: `path.resolve().is_relative_to(folder)`.",
            zh: "只取文件名的最后一段（`Path(name).name`、`path.basename(name)`），或先解析路径，再确认仍在指定文件夹之内：`path.resolve().is_relative_to(folder)`。",
        },
    ),
    (
        ADDRESS,
        Text {
            en: "Whoever writes the address makes the program ask what only this machine reaches, and brings the answer out.",
            zh: "写下地址的人可以让程序访问只有本机才能到达的服务，并把结果带出来。",
        },
        Text {
            en: "Compare the host with a list of those that may be asked, and refuse addresses of the own network (`ipaddress.ip_address(host).is_private`).",
            zh: "将主机与允许列表比对，并拒绝内网地址（`ipaddress.ip_address(host).is_private`）。",
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sink_has_its_own_words() {
        let all =
            [Sink::Code, Sink::Shell, Sink::Sql, Sink::Template, Sink::Html, Sink::Pickle, Sink::Server]
                .map(name);
        for kind in all.into_iter().chain([FILE, ADDRESS]) {
            assert_eq!(ADVICE.iter().filter(|(own, ..)| *own == kind).count(), 1, "{kind}");
        }
        for (kind, harm, fix) in ADVICE {
            for text in [harm, fix] {
                assert!(!text.en.is_empty() && text.zh.chars().any(|ch| ch > '\u{4e00}'), "{kind}");
            }
            assert!(ADVICE.iter().filter(|(_, _, other)| other == fix).count() == 1, "{kind}");
        }
    }
}
