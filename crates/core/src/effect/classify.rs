//! The effect class of a tool, from its name, its description and its argument names.

use super::Effect;
use super::described::{asks_by_description, told};
use super::given::by_arguments;
use super::verbs::{
    ACCESS, CHINESE_OTHER_VERBS, CHINESE_PLACES, CHINESE_READ_NOUNS, CHINESE_READ_VERBS, CREDENTIAL_PAIRS,
    CREDENTIALS, MONEY, MOVED_TO_SOMEBODY, NETWORK, READ_NOUNS, SHARED, SWAPPED, Sense, chinese, english,
};

/// What a tool definition says besides its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Its description.
    pub description: &'a str,
    /// Names of its arguments, including nested ones.
    pub arguments: &'a [String],
}

/// Returns the effect class of a tool. The name decides; the arguments and then the description can only make the class
/// worse, because otherwise the author of a description could talk a tool down. Where the name says nothing
/// ([`asks_by_description`]), the tool is a read if the description says so and no argument could carry an action;
/// anything else about which nothing is known is [`Effect::Unknown`], which acts.
pub fn classify(tool: &str, hints: Hints<'_>) -> Effect {
    let named = by_name(tool);
    let named =
        if named == Effect::Read && sets_what_it_names(tool, hints) { Effect::Unknown } else { named };
    let effect = by_arguments(tool, goes_nowhere(tool, named, hints.arguments), hints.arguments);
    match told(hints.description) {
        Some(told) if told.acts() && matches!(effect, Effect::Unknown) => told,
        // “Get … and send it”: a description that opens with an action outweighs a harmless name.
        Some(told) if told.acts() && effect == Effect::Read && told != Effect::Fetch => told,
        // “Create, delete and manage …”, “Create a public link”: the description is worse than the name.
        Some(told) if says_worse(effect, told) => told,
        _ if effect == Effect::Unknown && asks_by_description(tool, hints) => Effect::Read,
        _ => effect,
    }
}

/// `product_price(sku, price)`, `weight_history(value)`: the name sounds like something to read, but an argument supplies
/// a value that can only be written. Not the case if the name or the description contains a word for reading.
fn sets_what_it_names(tool: &str, hints: Hints<'_>) -> bool {
    const KEPT: &[&str] = &[
        "status",
        "list",
        "history",
        "details",
        "detail",
        "info",
        "balance",
        "price",
        "prices",
        "rate",
        "rates",
        "time",
        "date",
        "location",
        "log",
        "logs",
        "ledger",
        "inbox",
        "directory",
        "messages",
        "requests",
    ];
    const PUT: &[&str] = &[
        "text", "body", "message", "content", "contents", "note", "comment", "remark", "value", "values",
        "price", "amount", "qty", "quantity", "new", "subject", "score", "rating", "payload",
    ];
    let words_of = words(tool);
    let kept = words_of.last().is_some_and(|last| words_of.len() > 1 && KEPT.contains(&last.as_str()));
    let looks =
        |word: &String| english(word) == Some((Effect::Read, Sense::Verb)) && !KEPT.contains(&word.as_str());
    let put = |argument: &String| {
        let words = words(argument);
        words.iter().any(|word| PUT.contains(&word.as_str()))
            && !words.iter().any(|word| matches!(word.as_str(), "min" | "max" | "from" | "id"))
    };
    kept && !words_of.iter().any(looks)
        && hints.arguments.iter().any(put)
        && told(hints.description) != Some(Effect::Read)
}

/// Whether the description of a tool that creates or changes something says that it also does something worse.
fn says_worse(named: Effect, told: Effect) -> bool {
    matches!(named, Effect::Create | Effect::Change | Effect::Send | Effect::Fetch)
        && matches!(told, Effect::Delete | Effect::Grant | Effect::Credential | Effect::Pay)
        && named.or_worse(told) == told
}

/// `navigate(destination)` of a car or a robot opens no network address: it moves something.
fn goes_nowhere(tool: &str, named: Effect, arguments: &[String]) -> Effect {
    let moves = words(tool).iter().any(|word| matches!(word.as_str(), "navigate" | "visit" | "goto"));
    let address = |argument: &String| {
        let words = words(argument);
        words.iter().any(|word| {
            NETWORK.contains(&word.as_str()) || matches!(word.as_str(), "address" | "path" | "href")
        })
    };
    let nowhere = named == Effect::Fetch && moves && !arguments.is_empty() && !arguments.iter().any(address);
    if nowhere { Effect::Change } else { named }
}

/// Splits an identifier into lower-case words: at `_`, `-`, `.`, `/`, spaces and camel-case humps.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut chars = name.chars().peekable();
    while let Some(ch) = chars.next() {
        let hump = ch.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase())));
        let script = ch.is_ascii() != before.is_ascii();
        if (hump || script || !ch.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if ch.is_alphanumeric() {
            word.extend(ch.to_lowercase());
        }
        before = ch;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn by_name(tool: &str) -> Effect {
    // `mcp__server__tool`: the server's name says nothing about the tool.
    let own = tool.rsplit("__").next().filter(|own| !own.is_empty()).unwrap_or(tool);
    let words = words(own);
    let english = by_english(&without_things(&words));
    let other = words.iter().filter(|word| !word.is_ascii()).map(|word| by_chinese(word));
    let all = other.flatten().chain(english).chain(joined(&words));
    all.reduce(Effect::or_worse).unwrap_or(Effect::Unknown)
}

/// What a name goes on to do after reading, even where that word may be a noun elsewhere: `read_and_sign`,
/// `list_and_order`.
fn joined(words: &[String]) -> Option<Effect> {
    let verbs = words.windows(3).filter(|three| {
        let looks = english(&three[0]).is_some_and(|(effect, _)| effect == Effect::Read);
        looks && matches!(three[1].as_str(), "and" | "then")
    });
    let acts = verbs.filter_map(|three| english(&three[2])).map(|(effect, _)| effect);
    acts.filter(|effect| effect.acts()).reduce(Effect::or_worse)
}

/// The object may come first: `记录删除`. Then the last verb counts, unless the first is worse.
fn by_chinese(word: &str) -> Option<Effect> {
    let verbs = chinese(word);
    // 评论区, 留言板: a place where something is kept.
    if CHINESE_PLACES.split(' ').any(|place| word != place && word.ends_with(place)) && verbs.len() == 1 {
        return None;
    }
    let (Some(&(place, first)), Some(&(_, last))) = (verbs.first(), verbs.last()) else {
        return names_what_is_known(word).then_some(Effect::Read);
    };
    // 查询并删除: the verb joined to a read is carried out too.
    let goes_on = verbs.iter().any(|&(at, effect)| {
        let before = word.get(..at).unwrap_or_default();
        effect.acts() && at > 0 && ["并", "后", "再", "且"].iter().any(|join| before.ends_with(join))
    });
    let asks = !goes_on && place == 0 && first == Effect::Read || last == Effect::Read && ends_asking(word);
    Some(if asks { Effect::Read } else { first.or_worse(last) })
}

/// `查快递`, `收款卡列表`, `通讯录`, `我的证照`: a name without an action that starts with reading, or consists only of something that
/// can merely be looked at. Such a noun after another word proves nothing, because that word may be a verb, as in 拉黑联系人.
fn names_what_is_known(word: &str) -> bool {
    let mut chars = word.chars();
    let looks = chars.next().is_some_and(|first| CHINESE_READ_VERBS.contains(&first));
    looks && chars.next().is_some_and(|next| !CHINESE_OTHER_VERBS.contains(next))
        || ["列表", "详情", "明细"].iter().any(|list| word.ends_with(list))
        || CHINESE_READ_NOUNS.split(' ').any(|noun| word.strip_prefix("我的").unwrap_or(word) == noun)
}

/// Whether the last word is a verb of asking: `订单支付状态查询`.
fn ends_asking(word: &str) -> bool {
    word.char_indices().any(|(at, _)| {
        let end = word.get(at..).unwrap_or_default();
        chinese(end).first() == Some(&(0, Effect::Read)) && end.chars().count() == 2
    })
}

fn by_english(words: &[String]) -> Option<Effect> {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let verb = leading_verb(words);
    let asks = verb == Some(Effect::Read) || verb.is_none() && ends_in_a_question(words);
    let pair = |(one, two): &(&str, &str)| words.windows(2).any(|pair| pair == [*one, *two]);
    if has(CREDENTIALS) || CREDENTIAL_PAIRS.iter().any(pair) {
        return Some(verb.unwrap_or(Effect::Read).or_worse(Effect::Credential));
    }
    match verb {
        _ if has(&["checkout"]) && has(&["git", "branch"]) => Some(Effect::Change),
        _ if has(&["select"]) && has(&["option", "item", "checkbox"]) => Some(Effect::Change),
        _ if words.ends_with(&["wait".into(), "for".into()])
            || words.ends_with(&["take".into(), "screenshot".into()]) =>
        {
            Some(Effect::Read)
        }
        // `contact_card`, `mail_box`: things, not actions; the description says what is done with them.
        _ if words.len() == 2 && is_a_thing(words) => None,
        _ if asks && has(&["http", "https"]) => Some(Effect::Fetch),
        _ if asks => Some(Effect::Read),
        Some(Effect::Delete) => verb,
        // `text_owner`, `email_members`: somebody is notified, but given nothing.
        Some(Effect::Send) if has(ACCESS) && !has(MONEY) && !has(GIVEN) => verb,
        Some(_)
            if has(&["run", "exec", "execute"]) && has(&["command", "commands", "script", "sql", "code"]) =>
        {
            Some(Effect::Execute)
        }
        Some(verb) if has(ACCESS) || has(&["share"]) && has(SHARED) => Some(granted(verb)),
        // `standing_order_stop`, `start_timer`: nothing is executed.
        Some(Effect::Execute) if has(&["stop", "start"]) && words.len() > 1 && !has(MACHINES) => {
            Some(Effect::Change)
        }
        Some(Effect::Pay | Effect::Create) if is_kept(words) => Some(Effect::Read),
        Some(Effect::Pay) if moves_no_money(words) || has(&["swap"]) && !has(SWAPPED) => Some(Effect::Change),
        Some(verb) if has(MONEY) && !moves_no_money(words) => Some(verb.or_worse(Effect::Pay)),
        None if has(MONEY) || has(&["place"]) && has(&["order", "trade", "bid"]) => Some(Effect::Pay),
        // `fetch_user` reads the agent's own records; `fetch_page` opens an address.
        Some(Effect::Fetch) if has(&["fetch"]) && !has(NETWORK) && words.len() > 1 => Some(Effect::Read),
        // `open_repairs` may mean the repairs that are open.
        Some(Effect::Change) if is_a_state(words) && opened(words) == Effect::Change => None,
        Some(Effect::Change) if has(&["open"]) => Some(opened(words)),
        Some(Effect::Create) if has(&["query", "sql"]) && has(&["write", "create"]) => Some(Effect::Execute),
        // What is added to a discussion is read by others.
        Some(Effect::Create)
            if has(&["add", "create"]) && has(&["comment", "reply", "tweet", "post", "reaction"]) =>
        {
            Some(Effect::Send)
        }
        // An invitation reaches somebody and lets them in, whatever verb precedes it.
        Some(verb) if has(&["invite", "invitation", "invites", "invitations"]) => {
            Some(verb.or_worse(Effect::Grant))
        }
        // `call_service`, `dispatch_workflow`, `send_command`: whatever is called is executed.
        Some(Effect::Send) if runs(words) => Some(Effect::Execute),
        // `make_call`: somebody is phoned.
        Some(Effect::Create) if words.ends_with(&["make".into(), "call".into()]) => Some(Effect::Send),
        // `send_keys`, `simulate_key`: keys are pressed, nothing is sent to anybody.
        Some(Effect::Send) if has(&["send"]) && has(KEYS) => Some(Effect::Change),
        None if has(&["simulate"]) && has(KEYS) => Some(Effect::Change),
        Some(verb) => Some(verb),
        None if has(&["request", "graphql"]) || has(&["http"]) && has(&["post"]) => Some(Effect::Send),
        // `drive_share`
        None if has(&["share"]) && has(SHARED) => Some(Effect::Grant),
        None if has(NETWORK) => Some(Effect::Fetch),
        None => None,
    }
}

/// Whether two adjacent words say that something is executed.
fn runs(words: &[String]) -> bool {
    const CALLED: &[&str] = &["service", "services", "function", "method", "procedure", "contract", "rpc"];
    const SENT: &[&str] = &["command", "commands", "gcode", "signal", "script"];
    let is = |list: &[&str], word: &str| list.contains(&word);
    words.windows(2).any(|pair| match (pair[0].as_str(), pair[1].as_str()) {
        ("call", what) => is(CALLED, what),
        ("dispatch", "workflow" | "workflows") => true,
        ("send" | "broadcast", what) => is(SENT, what),
        _ => false,
    })
}

/// Things that are pressed.
const KEYS: &[&str] = &["key", "keys", "keyboard", "keystroke", "keystrokes", "click", "mouse", "gesture"];

/// `transfer_ownership` is a grant, not a payment.
fn granted(verb: Effect) -> Effect {
    if verb == Effect::Pay { Effect::Grant } else { verb.or_worse(Effect::Grant) }
}

/// What is logged as having been spent (time, effort).
fn is_spent(word: &str) -> bool {
    matches!(word, "time" | "hours" | "work" | "worklog" | "meal" | "weight" | "workout")
}

fn ends_in_a_question(words: &[String]) -> bool {
    words.last().is_some_and(|word| READ_NOUNS.contains(&word.as_str()))
}

/// Things that run programs when they are started.
const MACHINES: &[&str] = &[
    "server",
    "container",
    "containers",
    "service",
    "process",
    "vm",
    "instance",
    "instances",
    "job",
    "script",
    "program",
    "app",
    "application",
    "command",
    "workflow",
    "pipeline",
    "task",
    "browser",
    "session",
    "sandbox",
    "kernel",
    "terminal",
    "shell",
    "machine",
    "droplet",
    "pod",
    "build",
    "run",
    "debugger",
    "agent",
    "bot",
    "thread",
    "execution",
    "query",
];

/// Words that turn a notification into giving something.
const GIVEN: &[&str] = &["access", "permission", "permissions", "invite", "invitation", "share"];

/// Two words that name a thing, such as `contact_card`.
fn is_a_thing(words: &[String]) -> bool {
    const FIRST: &[&str] =
        &["contact", "mail", "email", "message", "call", "text", "order", "booking", "note"];
    const SECOND: &[&str] = &["card", "record", "records", "profile", "book", "box"];
    matches!(words, [first, second] if FIRST.contains(&first.as_str()) && SECOND.contains(&second.as_str()))
}

/// A state before a plural, such as `open_repairs`.
fn is_a_state(words: &[String]) -> bool {
    matches!(words, [open, .., what] if open == "open" && what.len() > 3 && what.ends_with('s') && !what.ends_with("ss"))
}

/// `rent_ledger`, `charge_history`: a word that may be a noun, followed by something that is only read.
fn is_kept(words: &[String]) -> bool {
    const NOUNS: &[&str] =
        &["rent", "lease", "charge", "transfer", "trade", "purchase", "refund", "swap", "hire", "award"];
    const KEPT: &[&str] = &[
        "ledger",
        "history",
        "status",
        "rate",
        "rates",
        "balance",
        "details",
        "info",
        "summary",
        "count",
        "statistics",
        "stats",
        "overview",
        "directory",
    ];
    let is = |word: Option<&String>, list: &[&str]| word.is_some_and(|word| list.contains(&word.as_str()));
    words.len() > 1 && is(words.first(), NOUNS) && is(words.last(), KEPT)
}

/// The words of a name without those that are nouns in this position: the battery charge in `charge_limit_set`, the job
/// in `work_order_new`. `pay_work_order` still pays.
fn without_things(words: &[String]) -> Vec<String> {
    const CHARGE: &[&str] = &["limit", "level", "port", "schedule", "mode", "target", "current", "state"];
    let is_thing = |at: usize, word: &str| {
        let next = words.get(at + 1).map(String::as_str);
        let before = at.checked_sub(1).and_then(|before| words.get(before)).map(String::as_str);
        word == "charge" && next.is_some_and(|next| CHARGE.contains(&next))
            || matches!(word, "order" | "orders") && before == Some("work")
    };
    words.iter().enumerate().filter(|(at, word)| !is_thing(*at, word)).map(|(_, word)| word.clone()).collect()
}

/// `transfer_to_sales`, `transfer_call`: somebody else takes over, no money moves.
fn moves_no_money(words: &[String]) -> bool {
    words
        .iter()
        .zip(words.iter().skip(1))
        .any(|(one, two)| one == "transfer" && MOVED_TO_SOMEBODY.contains(&two.as_str()))
}

/// `open_issue` creates one, `open_page` fetches, `open_file` reads, `open_door` acts.
fn opened(words: &[String]) -> Effect {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(&["issue", "ticket", "pr", "pull", "account", "case"]) {
        Effect::Create
    } else if has(NETWORK) || has(&["browser", "tab"]) {
        Effect::Fetch
    } else if has(&["file", "document", "folder", "nodes", "note"]) {
        Effect::Read
    } else {
        Effect::Change
    }
}

/// The main verb of a name. A name that asks (`get_send_status`) is a read whatever follows; a word for asking that is
/// not at the start, or may be a noun (`todo_list_add`), yields to an action after it.
fn leading_verb(words: &[String]) -> Option<Effect> {
    let verbs: Vec<(usize, Effect)> = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| match english(word) {
            Some((effect, Sense::Verb)) => Some((at, effect)),
            _ => None,
        })
        .collect();
    let Some(&(at, first)) = verbs.first() else {
        // `slack_post_message`: a word that may be a noun counts as the verb if something follows it.
        let (effect, _) = words
            .iter()
            .enumerate()
            .find_map(|(at, word)| english(word).filter(|_| at == 0 || at + 1 < words.len()))?;
        // `log_time` records it, `time_log` shows it.
        let logged = words.windows(2).any(|pair| pair[0] == "log" && is_spent(&pair[1]));
        let asks = words.len() > 1 && ends_in_a_question(words) && !logged;
        return Some(if asks { Effect::Read } else { effect });
    };
    let joined = |place: usize| {
        let before = place.checked_sub(1).and_then(|before| words.get(before));
        let dragged = place >= 2 && words.get(place - 2).is_some_and(|word| word == "drag");
        !dragged && before.is_some_and(|word| matches!(word.as_str(), "and" | "or" | "then"))
    };
    let both = verbs.iter().filter(|verb| joined(verb.0)).map(|verb| verb.1);
    let first = both.fold(first, Effect::or_worse);
    if first.acts() {
        return Some(first);
    }
    let noun = at > 0 || words.get(at).is_some_and(|word| word == "list");
    // `heiman_query_push_messages`: after a prefix, some words are never nouns. Executing or deleting counts
    // nevertheless.
    let asks = matches!(words.get(at).map(String::as_str), Some("get" | "query" | "retrieve" | "describe"));
    let minor = |effect: Effect| asks && matches!(effect, Effect::Create | Effect::Change);
    let next = verbs.iter().find(|verb| verb.1.acts() && !minor(verb.1) && (at > 0 || verb.0 == at + 1));
    Some(next.filter(|_| noun).map_or(first, |verb| verb.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(Effect, &str)] = &[
        (
            Effect::Read,
            "get_weather getWeather list_files search_memory read_mail readFile read_inbox list_emails search_web web_search \
             find_contact lookup_customer get_send_status check_update get_payment_status order_status account_balance \
             stock_price exchange_rate calculator current_time knowledge_base_retriever wikipedia_search get_run \
             list_sent_messages email_list_unread message_search count_tokens translate_text summarize_document \
             get_transaction_history mcp__github__list_issues mcp__filesystem__read_text_file fetch_user fetch_orders \
             sequential-thinking query_database describe_table get-user-profile validate_address similarity_search \
             convert_currency calendar.events.list 查询订单 查询订单支付状态 订单支付状态查询 用户登录记录查询 查看日程 读取文件 \
             搜索知识库 获取天气 天气 统计销量 翻译 open_file grep ls order_history weather_forecast get_deleted_items",
        ),
        (
            Effect::Fetch,
            "fetch_page fetch_url fetchWebPage browse browse_web scrape_site crawl_website download_file navigate \
             http_get open_url openBrowserTab visit_page web_fetch curl 抓取网页 打开链接 下载附件 fetch",
        ),
        (
            Effect::Send,
            "send_mail sendEmail send-email gmail_send_message slack_post_message reply_to_email forward_mail post_tweet \
             publish_post notify_user email_customer message_user broadcast submit_form share_post \
             mcp__slack__send_message http_request post_message sms_customer text_contact mailing_list_send 发送邮件 \
             发邮件 邮件发送 回复客户 转发消息 一键群发 发布动态 推送通知 send_file create_and_send_report comment_on_issue",
        ),
        (
            Effect::Pay,
            "pay_invoice transfer_money send_money send_payment make_payment create_payment buy_item purchase charge_card \
             refund_order withdraw wire_funds place_order donate checkout_cart process_payment schedule_transfer \
             order_pizza topup_wallet 转账 支付订单 付款 发红包 退款 购买商品 下单",
        ),
        (
            Effect::Create,
            "create_event createIssue add_task save_memory store_memory write_file upload_file remember append_row insert_record \
             schedule_meeting book_flight register_user todo_list_add shopping_list_add_item list_add get_or_create_user \
             open_issue draft_email generate_image create_search_index 创建日程 保存记忆 记住 新增客户 上传文件 预约会议 写入文件 记录",
        ),
        (
            Effect::Change,
            "update_profile edit_file rename_file move_file set_reminder_time cancel_order mark_as_read archive_mail merge_pr \
             enable_feature toggle_light search_and_replace turn_off_light reschedule_event close_issue approve_request \
             transfer_to_sales transfer_call upsert_record git_commit 修改地址 更新资料 取消订单 标记已读 关闭灯光",
        ),
        (
            Effect::Delete,
            "delete_file deleteUser remove_item rm_rf erase_disk drop_table purge_queue trash_message file_delete \
             email_delete get_and_delete_mail task_list_delete list_remove_item forget_memory clear_history list_delete_all \
             删除文件 文件删除 记录删除 批量删除 清空回收站 移除成员",
        ),
        (
            Effect::Grant,
            "grant_access invite_user share_file share_document add_member add_collaborator set_permission set_permissions \
             update_role authorize_app transfer_ownership assign_role 授权 邀请成员",
        ),
        (
            Effect::Credential,
            "login get_password reset_password rotate_api_key list_secrets read_credentials get_otp authenticate \
             create_access_token sign_in 登录 重置密码 获取密码",
        ),
        (
            Effect::Execute,
            "run_command execute_python exec shell bash run_shell terminal eval_code execute_sql run deploy_app restart_server \
             kill_process python_repl computer install_package start_vm trigger_workflow read_and_execute 执行命令 运行代码 重启服务",
        ),
        (Effect::Pay, "pay_work_order charge_card purchase_list transfer_requests"),
        (Effect::Send, "email_file message_file"),
        (Effect::Grant, "share_folder_with_member update_owner"),
        (Effect::Read, "charge_history refund_status open_nodes"),
        (Effect::Change, "charge_limit_set standing_order_stop"),
        (
            Effect::Unknown,
            "contact_card open_repairs frobnicate tool1 do_it handler kundensuche 处理 my_function",
        ),
    ];

    #[test]
    fn names_of_real_tools() {
        let mut wrong = Vec::new();
        let mut all = 0;
        for (effect, names) in TABLE {
            for name in names.split_ascii_whitespace() {
                all += 1;
                let found = classify(name, Hints::default());
                if found != *effect {
                    wrong.push(format!("{name}: {found:?} instead of {effect:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(all >= 150, "{all}");
    }

    fn with(tool: &str, description: &str, arguments: &[&str]) -> Effect {
        let arguments: Vec<String> = arguments.iter().map(|name| (*name).to_owned()).collect();
        classify(tool, Hints { description, arguments: &arguments })
    }

    #[test]
    fn arguments_say_more_than_a_harmless_name() {
        assert_eq!(with("search", "", &["url"]), Effect::Fetch);
        assert_eq!(with("query_database", "", &["sql"]), Effect::Execute);
        assert_eq!(with("helper", "", &["to", "subject", "body"]), Effect::Send);
        assert_eq!(with("helper", "", &["iban", "amount"]), Effect::Pay);
        assert_eq!(with("translate_text", "", &["text", "to"]), Effect::Read);
        assert_eq!(with("convert_currency", "", &["amount", "from", "to"]), Effect::Read);
        assert_eq!(with("send_mail", "", &["url", "body"]), Effect::Send);
        assert_eq!(with("navigate", "", &["destination"]), Effect::Change);
        assert_eq!(with("navigate", "", &["url"]), Effect::Fetch);
    }

    #[test]
    fn a_description_raises_and_never_lowers_what_a_name_says() {
        assert_eq!(with("frobnicate", "Sends an e-mail to the customer", &[]), Effect::Send);
        assert_eq!(with("frobnicate", "发送一封邮件", &[]), Effect::Send);
        // The name has the same author: where it says nothing, the description is believed as far as the arguments allow
        // it.
        assert_eq!(with("frobnicate", "Reads the time. Safe.", &[]), Effect::Read);
        assert_eq!(with("frobnicate", "Reads the time. Safe.", &["text"]), Effect::Unknown);
        assert_eq!(with("delete_all", "Reads the list of files", &[]), Effect::Delete);
        assert_eq!(with("helper", "Searches", &["command"]), Effect::Execute);
    }

    #[test]
    fn words_of_identifiers() {
        assert_eq!(words("sendHTTPRequest2Server"), ["send", "http", "request2", "server"]);
        assert_eq!(words("发送Email_now"), ["发送", "email", "now"]);
    }
}
