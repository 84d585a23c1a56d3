//! What the words in tool names mean.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Effect::{self, Change, Create, Credential, Delete, Execute, Fetch, Grant, Pay, Read, Send};

/// How reliably a word is a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// A verb wherever it appears.
    Verb,
    /// Also a noun: it counts as a verb only at the start.
    Either,
}

/// English verbs of tool names, in their base form.
const ENGLISH: &[(Effect, Sense, &str)] = &[
    (
        Read,
        Sense::Verb,
        "get list read search find query lookup look show view count check describe retrieve recall summarize \
         summarise translate calculate compute convert compare analyze analyse explain validate verify inspect \
         preview peek ping watch monitor measure extract parse detect estimate predict recommend suggest \
         select load browse_history ask diff geocode aggregate locate identify ls cat grep glob head tail stat whoami think reason scan explore",
    ),
    (Fetch, Sense::Verb, "fetch download browse crawl scrape navigate visit goto curl wget"),
    (
        Send,
        Sense::Verb,
        "send reply respond forward notify publish tweet retweet broadcast announce dm submit comment \
         react upload_public emit dispatch",
    ),
    (
        Send,
        Sense::Either,
        "email mail message text post share contact call fax webhook sms alert notice announcement",
    ),
    (
        Pay,
        Sense::Verb,
        "pay purchase buy charge refund withdraw donate wire payout remit topup transfer trade sell swap checkout debit",
    ),
    (Pay, Sense::Either, "order payment tip bid deposit"),
    (
        Create,
        Sense::Verb,
        "create add insert make save store write upload remember memorize register append import \
         copy duplicate clone generate compose reserve attach ingest fork join init provision rent hire lease enroll enrol",
    ),
    (Create, Sense::Either, "book note log record new build index schedule plan draft"),
    (
        Change,
        Sense::Verb,
        "update edit modify set rename move change patch assign mark archive unarchive cancel approve reject \
         merge enable disable toggle restore replace reschedule resize configure adjust complete close reopen \
         resolve untag pin unpin mute unmute ban unban follow unfollow vote accept decline rsvp revoke reset \
         sync upsert overwrite increment switch turn unlock lock deactivate activate sign commit push \
         unsubscribe subscribe put control unblock apply rebase pause resume skip play scale rollout transition manage \
         hide unhide award amend renew confirm extend postpone delay promote demote upgrade downgrade grade \
         click drag hover press fill handle scroll tap type dismiss reorder acknowledge ack undo redo bookmark unbookmark preheat \
         favourite favorite rollback hangup",
    ),
    (
        Change,
        Sense::Either,
        "label tag star like block rate open filter link leave release override clip heat cool",
    ),
    (
        Delete,
        Sense::Verb,
        "delete remove rm del erase purge drop destroy wipe clear unlink uninstall discard truncate empty \
         forget prune terminate cleanup unregister",
    ),
    (Delete, Sense::Either, "trash"),
    (Grant, Sense::Verb, "grant invite authorize authorise allow permit"),
    (Credential, Sense::Verb, "login signin logout signout authenticate rotate"),
    (
        Execute,
        Sense::Verb,
        "run exec execute eval evaluate interact spawn kill deploy restart reboot shutdown invoke trigger launch start stop install",
    ),
    (
        Execute,
        Sense::Either,
        "shell bash sh cmd powershell terminal python repl interpreter computer console",
    ),
];

/// Words that make a name a question when they end it: `order_status`, `account_balance`.
pub(super) const READ_NOUNS: &[&str] = &[
    "status",
    "info",
    "information",
    "list",
    "history",
    "details",
    "detail",
    "count",
    "search",
    "lookup",
    "summary",
    "balance",
    "price",
    "prices",
    "rate",
    "rates",
    "weather",
    "forecast",
    "calculator",
    "time",
    "date",
    "clock",
    "dictionary",
    "wikipedia",
    "retriever",
    "retrieval",
    "location",
    "statistics",
    "stats",
    "metrics",
    "reader",
    "viewer",
    "faq",
    "translator",
    "translation",
    "thinking",
    "tracking",
    "availability",
    "results",
    "overview",
    "logs",
    "log",
    "tree",
    "schema",
    "indexes",
    "size",
    "requests",
    "messages",
    "snapshot",
    "screenshot",
    "inbox",
    "ledger",
    "directory",
    "directions",
    "elevation",
    "matrix",
    "digest",
    "reviews",
    "transcript",
    "transcripts",
];

/// Things whose movement always means money.
pub(super) const MONEY: &[&str] = &[
    "money",
    "funds",
    "fund",
    "payment",
    "payments",
    "cash",
    "crypto",
    "bitcoin",
    "transaction",
    "payout",
    "refund",
    "refunds",
    "payouts",
    "transfer",
    "transfers",
    "checkout",
    "deposit",
    "deposits",
    "escrow",
];

/// Things that open doors.
pub(super) const CREDENTIALS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "credential",
    "credentials",
    "secret",
    "secrets",
    "otp",
    "apikey",
    "mfa",
    "2fa",
    "totp",
];

/// Word pairs that open doors.
pub(super) const CREDENTIAL_PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("access", "token"),
    ("refresh", "token"),
    ("sso", "token"),
    ("auth", "token"),
    ("session", "token"),
    ("bearer", "token"),
    ("authorization", "code"),
    ("auth", "code"),
    ("exchange", "code"),
    ("login", "link"),
    ("login", "links"),
    ("private", "key"),
    ("public", "key"),
    ("ssh", "key"),
    ("add", "key"),
    ("upload", "key"),
    ("deploy", "key"),
    ("sign", "in"),
    ("log", "in"),
];

/// Things by which access is given.
pub(super) const ACCESS: &[&str] = &[
    "permission",
    "permissions",
    "role",
    "roles",
    "member",
    "members",
    "collaborator",
    "collaborators",
    "admin",
    "access",
    "acl",
    "ownership",
    "owner",
    "editor",
    "viewer",
    "sharing",
    "privacy",
    "visibility",
];

/// Things that are shared by giving access to them.
pub(super) const SHARED: &[&str] = &[
    "file",
    "files",
    "folder",
    "document",
    "doc",
    "drive",
    "calendar",
    "sheet",
    "album",
    "notebook",
    "workspace",
];

/// Words that make fetching a network access.
pub(super) const NETWORK: &[&str] = &[
    "page", "url", "uri", "web", "website", "webpage", "html", "link", "site", "http", "https", "article",
    "feed", "rss",
];

/// Things that are worth money when swapped: `swap_tokens` trades, `swap_shifts` does not.
pub(super) const SWAPPED: &[&str] = &[
    "token", "tokens", "coin", "coins", "crypto", "bitcoin", "eth", "currency", "asset", "assets", "stock",
    "money",
];

/// One-character Chinese verbs that start the name of something to read.
pub(super) const CHINESE_READ_VERBS: &[char] = &['查', '搜', '看', '找', '列', '读'];

/// Second characters that turn those into another verb: 查封, 查杀, 找零, 看护.
pub(super) const CHINESE_OTHER_VERBS: &str = "封扣杀抄处禁收零护押管";

/// Things that can only be read, when they are the whole of a Chinese name.
pub(super) const CHINESE_READ_NOUNS: &str = "通讯录 指南 办事指南 名单 目录 余额 历史 行情 汇率 天气 联系人 时间表 课表 日历 百科 词典 资料 档案 证照 库存 物流 路况 新闻 订单 消息";

/// Endings of Chinese names that denote a place where something is kept.
pub(super) const CHINESE_PLACES: &str = "区 板 栏 大厅 箱 簿 墙 广场 中心 待办 列表 记录";

/// Words after `transfer` that mean handing over instead of paying.
pub(super) const MOVED_TO_SOMEBODY: &[&str] = &["to", "call", "agent", "chat", "conversation"];

/// Chinese verbs. Of two that start at the same position, the longer one counts.
const CHINESE: &[(Effect, &str)] = &[
    (
        Read,
        "查询 查看 查找 读取 获取 搜索 检索 列出 统计 计算 翻译 总结 天气 分析 浏览历史 预览 检查 校验 识别 询问 比较 解析 对比",
    ),
    (Fetch, "抓取 访问网页 打开网页 打开链接 下载 爬取 浏览网页 访问网址"),
    (
        Send,
        "私信 寄送 寄出 转寄 发送 发到 发给 寄给 发邮件 发消息 发短信 发布 通知 回复 转发 群发 推送 分享 提交 发帖 评论 抄送 公告 留言",
    ),
    (
        Pay,
        "支付 付款 转账 汇款 退款 下单 购买 充值 提现 打款 缴费 扣款 发红包 代付 还款 缴纳 缴付 支出 赔付 退还 划转",
    ),
    (
        Create,
        "创建 新建 添加 新增 保存 写入 存储 记录 上传 预订 预约 租赁 租用 安排 生成 插入 记住 登记 导入 复制 起草",
    ),
    (
        Change,
        "修改 更新 编辑 设置 重命名 移动 更改 变更 取消 撤销 撤回 绑定 解绑 更换 批准 驳回 对调 标记 替换 启用 禁用 关闭 归档 审批 调整 置顶 改名 重置 打分 评分 \
         审核 收藏 关注 取关 点赞 续签 续费 延期 改签 隐藏 下架 上架 定标 加入 列入 拉黑 冻结 解冻 锁定 解锁 封禁 解封 禁言 指派 分配 派发 调拨 \
         转移 转让 退订 退货 换货 发货 核销 签署 盖章 停用 暂停 开启 调高 调低 打卡",
    ),
    (Delete, "删除 移除 移出 踢出 清空 清除 注销 销毁 清理 卸载"),
    (Grant, "授权 邀请 添加成员 开通权限 共享给 赋权"),
    (Credential, "登录 重置密码 修改密码 获取密码 密码 密钥 验证码"),
    (Execute, "执行 运行 终端 命令行 部署 重启 启动 停止"),
];

/// The effect of each English verb; for a verb in two rows, the first counts.
static BY_VERB: LazyLock<HashMap<&str, (Effect, Sense)>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (effect, sense, verbs) in ENGLISH {
        verbs.split_ascii_whitespace().for_each(|verb| _ = all.entry(verb).or_insert((*effect, *sense)));
    }
    all
});

/// The effect of an English word, and how reliably it is a verb.
pub(super) fn english(word: &str) -> Option<(Effect, Sense)> {
    if let Some(said) = BY_VERB.get(word) {
        return Some(*said);
    }
    // `unpublish`, `unassign`: undoing an action is a change.
    let undone = word.strip_prefix("un").filter(|rest| rest.len() >= 3).and_then(|rest| BY_VERB.get(rest))?;
    (undone.0.acts() && undone.1 == Sense::Verb).then_some((Change, Sense::Verb))
}

/// Every Chinese verb in a text with its position, in order, without overlaps.
pub(super) fn chinese(text: &str) -> Vec<(usize, Effect)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let verbs = CHINESE.iter().flat_map(|row| row.1.split(' ').map(move |verb| (row.0, verb)));
        let longest = verbs.filter(|(_, verb)| rest.starts_with(verb)).max_by_key(|(_, verb)| verb.len());
        match longest {
            Some((effect, verb)) => {
                found.push((at, effect));
                at += verb.len();
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}
