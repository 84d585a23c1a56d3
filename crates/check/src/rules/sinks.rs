//! The harm and fix that `untrusted-to-exec` reports for each kind of sink.

use ombud_core::finding::Finding;

use super::{Advice, Text};
use crate::facts::Sink;

/// Returns the name of a kind of sink, as it appears in a finding's subject.
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

/// Subject of a finding about a file that is read or changed.
pub(super) const FILE: &str = "file";
/// Subject of a finding about an address that is requested.
pub(super) const ADDRESS: &str = "address";

/// Returns the advice for a finding, by its kind of sink.
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
            en: "Anyone who can get one sentence in front of the model can run a program where the users' data is.",
            zh: "任何人只要能让模型读到一句话，就能在存放用户数据的机器上运行程序。",
        },
        Text {
            en: "Let the text only choose from a fixed table of functions (`TABLE[name](value)`), or parse it as data: `json.loads`, `ast.literal_eval`.",
            zh: "让文本只能从固定的函数表中选择（`TABLE[name](value)`），或只把它当数据读取：`json.loads`、`ast.literal_eval`。",
        },
    ),
    (
        "shell",
        Text {
            en: "Anyone who can get one sentence in front of the model can run any command where the users' data is.",
            zh: "任何人只要能让模型读到一句话，就能在存放用户数据的机器上执行任意命令。",
        },
        Text {
            en: "Hard-code the program and pass its arguments as a list, without a shell: `subprocess.run([\"ls\", \"--\", folder])`, `execFile(\"ls\", [\"--\", folder])`.",
            zh: "程序名由代码写定，参数以列表传入且不经过 shell：`subprocess.run([\"ls\", \"--\", folder])`、`execFile(\"ls\", [\"--\", folder])`。",
        },
    ),
    (
        "sql",
        Text {
            en: "Whoever writes the text can read, change or delete every user's data in the database.",
            zh: "写下这段文本的人可以读取、修改或删除数据库里所有用户的数据。",
        },
        Text {
            en: "Bind values: `execute(\"… WHERE id = ?\", (id,))`. Choose table and column names from a list. If a model may write the whole statement, run it with an account that can only read what may be shown.",
            zh: "用参数绑定传值：`execute(\"… WHERE id = ?\", (id,))`；表名、列名从列表中选取；若允许模型写整条语句，请用只能读取可展示数据的账号执行。",
        },
    ),
    (
        "template",
        Text {
            en: "A template can call the program's own objects: whoever writes it can read keys and run code where the users' data is.",
            zh: "模板可以调用程序自身的对象：写模板的人可以读到密钥，并在用户数据所在之处运行代码。",
        },
        Text {
            en: "Keep the template fixed and pass the text as a variable: `render_template(\"page.html\", text=text)`; if users must write templates, use a sandbox (`jinja2.sandbox`).",
            zh: "模板保持固定，文本作为变量传入：`render_template(\"page.html\", text=text)`；若必须允许用户写模板，请使用沙箱（`jinja2.sandbox`）。",
        },
    ),
    (
        "page",
        Text {
            en: "A script in the text runs in the reader's browser and acts there in their name.",
            zh: "文本里的脚本会在阅读者的浏览器里运行，并以其身份操作。",
        },
        Text {
            en: "Insert it into the page as text (`textContent`, `{answer}` in JSX), or sanitise the markup first: `DOMPurify.sanitize(html)`.",
            zh: "按文本写入网页（`textContent`、JSX 的 `{answer}`），或先清理标记：`DOMPurify.sanitize(html)`。",
        },
    ),
    (
        "decoder",
        Text {
            en: "Whoever wrote the file or message can run a program where the users' data is, as soon as it is read.",
            zh: "写下该文件或消息的人，能在它被读取时于存放用户数据的机器上运行程序。",
        },
        Text {
            en: "Use a data-only format: `json.loads`, `yaml.safe_load`, `safetensors`, `torch.load(…, weights_only=True)`.",
            zh: "改用只含数据的格式读取：`json.loads`、`yaml.safe_load`、`safetensors`、`torch.load(…, weights_only=True)`。",
        },
    ),
    (
        "server",
        Text {
            en: "Whoever writes a server's settings can start any program where the users' data is.",
            zh: "写下服务器设置的人，能在存放用户数据的机器上启动任意程序。",
        },
        Text {
            en: "Let people choose only among servers whose commands are fixed in your code or configuration; for other servers, accept only an address (`url`).",
            zh: "只允许从代码或配置中写定启动命令的服务器里选择；其他服务器只接受地址（`url`）。",
        },
    ),
    (
        FILE,
        Text {
            en: "Whoever writes the name can read or overwrite any file that the program can access: keys, conversations, its own code.",
            zh: "写下文件名的人可以读取或覆盖程序能访问的任何文件：密钥、对话记录、程序自身的代码。",
        },
        Text {
            en: "Use only the last component of the name (`Path(name).name`, `path.basename(name)`), or resolve the path and check that it is still inside its folder: `path.resolve().is_relative_to(folder)`.",
            zh: "只取文件名的最后一段（`Path(name).name`、`path.basename(name)`），或先解析路径，再确认仍在指定文件夹之内：`path.resolve().is_relative_to(folder)`。",
        },
    ),
    (
        ADDRESS,
        Text {
            en: "Whoever writes the address can make the program query services that only this machine can reach, and get the response out.",
            zh: "写下地址的人可以让程序访问只有本机才能到达的服务，并把结果带出来。",
        },
        Text {
            en: "Check the host against an allow list, and refuse internal addresses (`ipaddress.ip_address(host).is_private`).",
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
