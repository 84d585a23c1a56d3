//! What a tool's argument names reveal about its effect.

use super::Effect;
use super::classify::words;
use super::part::is_id;
use super::verbs::MONEY;

/// The effect with what the arguments add where the name says less.
pub(super) fn by_arguments(tool: &str, named: Effect, arguments: &[String]) -> Effect {
    let arguments = Given::of(arguments);
    let effect = saved(tool, named, &arguments);
    let effect = said(tool, effect, named, &arguments);
    let effect = opened(effect, &arguments);
    if effect != Effect::Execute && effect != Effect::Delete && moves_money(tool, effect, &arguments) {
        return Effect::Pay;
    }
    effect
}

/// Argument names in one spelling: `sqlContent` and `sql-content` become `sql_content`.
struct Given(Vec<String>);

impl Given {
    fn of(arguments: &[String]) -> Self {
        Self(arguments.iter().map(|argument| words(argument).join("_")).collect())
    }

    /// Whether one of them has one of these space-separated names.
    fn has(&self, names: &str) -> bool {
        self.0.iter().any(|argument| names.split_whitespace().any(|name| name == argument))
    }

    /// Whether one of them is the address of something to open: `url`, `share_link`. The address of a calendar or of a
    /// service is a storage location instead.
    fn addresses(&self) -> bool {
        const OPENED: &str = "share video page image web article post audio media document file pdf source target feed website \
            attachment photo picture product news real";
        let is = |list: &str, word: &str| list.split_whitespace().any(|one| one == word);
        self.0.iter().any(|argument| {
            let (of, last) = argument.rsplit_once('_').unwrap_or(("", argument));
            is(ADDRESSES, last) && (of.is_empty() || of.rsplit('_').next().is_some_and(|of| is(OPENED, of)))
        })
    }
}

/// Names of network addresses.
const ADDRESSES: &str = "url urls uri link links href website webpage 网址 链接";

/// Names of locations that are written to.
const DESTINATIONS: &str = "save_path dest_dir dest destination_path local_path output output_path output_file output_dir output_format \
    target_path download_path save_dir 保存路径 输出路径";

/// `download_attachment(message_id, save_path)` opens no address that anybody could choose: it reads something identified
/// by its id and stores it where the argument says. So does `convert_video(file_path, output_format)`.
fn saved(tool: &str, named: Effect, arguments: &Given) -> Effect {
    const PLACES: &str = "source src address endpoint host domain site resource target location remote";
    let keeps = arguments.has(DESTINATIONS);
    let numbered = arguments.0.iter().any(|argument| is_id(argument)) && !arguments.has(PLACES);
    match named {
        Effect::Fetch if downloads(tool) && numbered && !arguments.addresses() => {
            if keeps {
                Effect::Create
            } else {
                Effect::Read
            }
        }
        Effect::Read if keeps && !arguments.addresses() => Effect::Create,
        _ => named,
    }
}

fn downloads(tool: &str) -> bool {
    tool.contains("下载") || words(tool).iter().any(|word| word == "download")
}

/// The effect of arguments that are executed, sent or fetched.
fn said(tool: &str, effect: Effect, named: Effect, arguments: &Given) -> Effect {
    let mut effect = effect;
    let mut at_least = |other: Effect| {
        if !effect.acts() || effect == Effect::Unknown || effect == Effect::Fetch {
            effect = if effect == Effect::Unknown { other } else { effect.or_worse(other) };
        }
    };
    if arguments.has("command cmd shell script bash sql python_code source_code 命令 脚本") {
        at_least(Effect::Execute);
    }
    let whom = "to recipient recipients to_email to_address receiver 收件人 接收人";
    if arguments.has(whom) && arguments.has("body subject message 正文 主题 消息") {
        at_least(Effect::Send);
    }
    if arguments.has("password new_password 密码") {
        at_least(Effect::Credential);
    }
    if named == Effect::Read && arguments.addresses() {
        at_least(Effect::Fetch);
    }
    // A tool that manages a database by SQL statements executes them.
    let statement = effect == Effect::Change && arguments.has("sql sql_content sql_query");
    if statement
        || types(tool, effect) && arguments.has("session_id terminal_id terminal pane tab_index tab_id")
    {
        return Effect::Execute;
    }
    effect
}

/// `send_keys(session_id)`: what is typed into a terminal is executed there.
fn types(tool: &str, effect: Effect) -> bool {
    let typed = |word: &String| matches!(word.as_str(), "key" | "keys" | "keystrokes" | "input" | "stdin");
    matches!(effect, Effect::Send | Effect::Change) && words(tool).iter().any(typed)
}

/// The effect of arguments that open a door: a key that is handed over, an account with its password, a role for
/// somebody.
fn opened(effect: Effect, arguments: &Given) -> Effect {
    // `api_key` and `access_token` are omitted: they are just as often the login to the service itself.
    let keys = "private_key client_secret secret_key api_secret refresh_token mnemonic seed_phrase credential authorization_code \
        私钥 助记词";
    let role = "permission permissions role roles role_id roleid access_level access_role share_with share_type 权限 角色";
    let whom = "user user_id userid users username email emails member member_id members group groups share_with 用户 成员";
    let account = "username user user_name login email 用户名 账号";
    let makes = matches!(effect, Effect::Create | Effect::Change | Effect::Unknown);
    let lets_in = arguments.has("password new_password 密码") && arguments.has(account);
    let mut effect = effect;
    if makes && (arguments.has(keys) || lets_in) {
        effect = effect.or_worse(Effect::Credential);
    }
    if (makes || effect == Effect::Read) && arguments.has(role) && arguments.has(whom) {
        effect = effect.or_worse(Effect::Grant);
    }
    effect
}

/// Whether there is an amount for somebody, a payment method, or an order at an exchange.
fn moves_money(tool: &str, effect: Effect, arguments: &Given) -> bool {
    let payee = "iban payee beneficiary recipient to_account account_number 收款人 收款账号";
    // `transfer_balance(to, amount)`: a balance that is only read has no recipient.
    let of_money = || words(tool).iter().any(|word| MONEY.contains(&word.as_str()));
    let paid = arguments.has("amount 金额") && (arguments.has(payee) || arguments.has("to") && of_money());
    let means = "payment_method payment_method_id card_number cvv cvc 支付方式";
    let traded = arguments.has("side") && arguments.has("symbol ticker market pair coin asset");
    paid || effect.acts() && (arguments.has(means) || traded)
}

#[cfg(test)]
mod tests {
    use super::super::{Hints, classify};
    use super::*;

    fn with(tool: &str, arguments: &[&str]) -> Effect {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        classify(tool, Hints { description: "", arguments: &arguments })
    }

    #[test]
    fn what_arguments_say() {
        for (effect, tool, arguments) in [
            (Effect::Read, "download_attachment", &["message_id"][..]),
            (Effect::Create, "download_attachment", &["messageId", "savePath"]),
            (Effect::Fetch, "download_video", &["videoUrl", "output_path"]),
            (Effect::Fetch, "download", &[]),
            (Effect::Fetch, "download_file", &["file", "name"]),
            (Effect::Fetch, "download_item", &["item_id", "source"]),
            (Effect::Fetch, "解析作品", &["share_link"]),
            (Effect::Fetch, "parse_post", &["share_link"]),
            (Effect::Create, "convert_video", &["file", "output_format"]),
            (Effect::Read, "convert_units", &["value", "unit"]),
            (Effect::Execute, "manage_database", &["action", "sql"]),
            (Effect::Execute, "send_keys", &["session_id", "keys"]),
            (Effect::Send, "send_message", &["session_id", "input"]),
            (Effect::Credential, "save_profile", &["host", "private_key"]),
            (Effect::Credential, "create_account", &["username", "password"]),
            (Effect::Create, "create_room", &["name", "password"]),
            (Effect::Grant, "put_in_course", &["course", "role_id", "user_id"]),
            (Effect::Pay, "place_limit", &["symbol", "side", "size"]),
            (Effect::Pay, "transfer_balance", &["to", "amount", "memo"]),
            (Effect::Read, "transfer_balance", &["account"]),
            (Effect::Unknown, "product_price", &["sku", "price"]),
            (Effect::Read, "product_price", &["sku"]),
            (Effect::Unknown, "weight_history", &["value"]),
            (Effect::Read, "get_product_price", &["sku", "max_price"]),
            (Effect::Read, "transaction_history", &["min_amount", "since"]),
            (Effect::Read, "convert_currency", &["amount", "from", "to"]),
            (Effect::Pay, "create_plan", &["items", "payment_method_id"]),
            (Effect::Read, "get_book", &["symbol", "side"]),
        ] {
            assert_eq!(with(tool, arguments), effect, "{tool} {arguments:?}");
        }
    }

    #[test]
    fn what_is_called_runs() {
        for (effect, tools) in [
            (
                Effect::Execute,
                "call_service dispatch_workflow send_command send_gcode callFunction SyncRunCommand db_query_execute",
            ),
            (Effect::Change, "send_keys simulate_key acknowledge_incident undo preheat rollback_deployment"),
            (
                Effect::Send,
                "call_customer send_file add_reaction make_call call_customer_service send_contract",
            ),
            (Effect::Grant, "create_invite send_invitation set_note_privacy drive_share"),
            (Effect::Create, "log_time"),
            (Effect::Read, "time_log daily_digest app_reviews acme_query_push_messages leave_balance"),
            (Effect::Credential, "get_sso_token exchange_code create_login_link refresh_token"),
        ] {
            for tool in tools.split(' ') {
                assert_eq!(with(tool, &[]), effect, "{tool}");
            }
        }
    }
}
