//! Wishes in Chinese.

use super::Intent;
use crate::effect::Effect;

/// Chinese verbs; single characters that also start other words are listed with what follows them.
const CHINESE: &[(Effect, &str)] = &[
    (
        Effect::Send,
        "私信 说一声 说声 问一声 申请 申办 申报 报销 反映 投诉 办了 办理 发送 发给 发邮件 发一封 发封 发个 发消息 发信 发条 发到 发一条 发短信 发一下 发微信 回复 回信 回邮件 回个 回一封 回他 回她 转发 \
         转给 转告 通知 告诉 告知 写信 写邮件 写封 寄给 寄一 寄到 抄送 发布 分享 联系 提交 推送 群发 邀请 提醒 发帖 发出去 询问 问清 问他 问她",
    ),
    (
        Effect::Pay,
        "支付 付款 付钱 付给 付一下 付掉 转账 转钱 汇款 打款 打钱 退款 购买 买一 买个 下单 充值 缴费 交费 还款 报销 捐款 订购 付清 结账 结了 结给 结清 打到 交罚款 退给 退回 赔给 赔付",
    ),
    (
        Effect::Create,
        "创建 新建 添加 加上 加到 加个 加一 保存 存到 存一下 存起来 记住 记下 记一下 记录 安排 预订 预约 预定 租一 租个 租辆 租用 订一 订个 写一 写个 写份 \
         写到 写入 生成 起草 上传 整理成 写成 做成 建一 建个 做一 做个 制定 插入 登记 备注 布置 报名 申请 申办 申报 办了 办理 挂号 入库 补交 反映 投诉 报修 报销 录入 加入",
    ),
    (
        Effect::Change,
        "修改 更新 改成 改为 改一下 改到 设置 设为 移动 移到 标记 更正 取消 替换 换成 重命名 编辑 调整 关闭 打开 归档 推迟 提前 改期 \
         完善 修复 合并 重置 启用 停用 审批 批准 驳回 对调 调换 调课 改签 延期 续签 续费 续订 升级 降级 恢复 确认 签收 打分 评分 \
         作废 同意 准了 拉黑 屏蔽 禁言 挪到 提前 推后 降价 涨价 整理成 改写成 置顶 精选 隐藏 下架 上架 静音 撤销 撤回 绑定 更换 定给 收货 拒收 分配 指派",
    ),
    (
        Effect::Delete,
        "删除 删掉 删了 移除 清空 清除 清掉 去掉 注销 忘掉 忘记 卸载 丢掉 踢 移出 请出去 撤下 下掉 拉黑",
    ),
    (Effect::Grant, "授权 邀请 开通权限 加入群 共享 分享 拉进 拉入 委托 代办"),
    (Effect::Credential, "登录 重置密码 修改密码 改密码 解锁"),
    (Effect::Execute, "运行 执行 安装 编译 部署 启动 重启 跑一下 跑一 测试 计算 算一下 画图 分析 调试 转换"),
];

/// What follows a Chinese verb that merely describes something: “发给我的邮件”.
const DESCRIBES: &[&str] = &[
    "的邮件",
    "的信",
    "的消息",
    "的短信",
    "的文件",
    "的内容",
    "的资料",
    "的附件",
    "的链接",
    "的通知",
    "的文档",
    "的记录",
    "的订单",
    "的东西",
    "的图片",
];

/// Reads what a Chinese turn asks for.
pub(super) fn chinese(turn: &str, intent: &mut Intent) {
    for sentence in turn.split_inclusive(['。', '；', '！', '？', '\n', ';', '!', '?']) {
        let mut own = Intent::default();
        read(sentence, &mut own);
        // A sentence with a known verb already says what is wanted.
        own.acts |= own.classes.is_empty() && is_statement_of_a_wish(sentence);
        intent.acts |= own.acts;
        intent.classes.extend(own.classes);
    }
}

fn read(turn: &str, intent: &mut Intent) {
    turn.split(STOPS).filter(|clause| !is_question(clause)).for_each(|clause| by_character(clause, intent));
    for (effect, verbs) in CHINESE {
        for verb in verbs.split_whitespace() {
            if turn.match_indices(verb).any(|(at, _)| wishes(turn, at, at + verb.len())) {
                intent.classes.insert(*effect);
            }
        }
    }
    let near = |first: &str, then: &[&str]| {
        turn.match_indices(first).any(|(at, _)| {
            let clause = turn.get(at + first.len()..).unwrap_or_default();
            let clause: String =
                clause.chars().take(14).take_while(|ch| !"。；！？\n".contains(*ch)).collect();
            wishes(turn, at, at + first.len()) && then.iter().any(|word| clause.contains(word))
        })
    };
    // 约小李见一面；缴电费；转2600元给房东
    if near("约", &["见", "碰", "聊", "开会", "吃", "谈"]) && !near("大约", &[""]) {
        intent.classes.insert(Effect::Create);
    }
    if near("缴", &["费"])
        || near("交", &["费", "租"])
        || near("转", &["元", "块", "钱"])
        || near("元转", &["给", "到"])
        || near("发", &["红包"])
        || ["转给", "打给", "打到"].iter().any(|to| near(to, &[""]))
            && turn.contains(['钱', '款', '费', '租', '佣'])
    {
        intent.classes.insert(Effect::Pay);
    }
    if near("降", &["块", "元"]) || near("涨", &["块", "元"]) {
        intent.classes.insert(Effect::Change);
    }
    if near("给", &["分"]) && turn.bytes().any(|byte| byte.is_ascii_digit()) {
        intent.classes.insert(Effect::Change);
    }
    // “跟卢女士说明一下”; “跟我说” asks for an answer.
    if near("跟", &["说", "讲", "道歉", "道个歉", "赔不是"])
        && !["跟我", "跟你"].iter().any(|speaker| turn.contains(speaker))
    {
        intent.classes.insert(Effect::Send);
    }
    // 让客户补；“让我看看” asks for an answer.
    if ["让", "叫", "催"].iter().any(|tell| told(turn, tell)) {
        intent.classes.insert(Effect::Send);
    }
    if near("密码", &[""]) {
        intent.classes.insert(Effect::Credential);
    }
    // 给小李发…
    if let Some((_, after)) = turn.split_once('给')
        && after.chars().take(20).take_while(|ch| !"，。；！？,.\n".contains(*ch)).any(|ch| ch == '发')
    {
        let clause: String = after.chars().take_while(|ch| !"，。；！？,.\n".contains(*ch)).collect();
        if !DESCRIBES.iter().any(|what| clause.contains(what)) && !clause.contains("发票") {
            intent.classes.insert(Effect::Send);
        }
    }
}

/// Whether somebody is to be told to do something: what follows is neither the speaker nor empty, and more than a word.
fn told(turn: &str, tell: &str) -> bool {
    turn.match_indices(tell).any(|(at, _)| {
        let rest = turn.get(at + tell.len()..).unwrap_or_default();
        let clause = rest.split(STOPS).next().unwrap_or_default();
        let opens = turn
            .get(..at)
            .unwrap_or_default()
            .chars()
            .next_back()
            .is_none_or(|ch| STOPS.contains(&ch) || "请就再并也还".contains(ch));
        opens
            && !rest.starts_with(['我', '你', '人'])
            && clause.chars().count() >= 3
            && wishes(turn, at, at + tell.len())
    })
}

/// “按估的金额核”, “照合同付”: a clause that says by what something is done ends with the verb.
fn by_what(clause: &str) -> Option<Effect> {
    let last = clause.trim_end_matches(['吧', '了', '就', '行', '好']).chars().next_back()?;
    let by = clause.trim_start().starts_with(['按', '照', '依']);
    let verb = CHARACTERS.iter().find(|(_, verbs)| verbs.contains(last));
    verb.filter(|_| by && clause.chars().count() >= 4).map(|(effect, _)| *effect)
}

/// Whether the verb at this position is a wish: neither negated nor descriptive.
fn wishes(turn: &str, start: usize, end: usize) -> bool {
    let before: String = turn.get(..start).unwrap_or_default().chars().rev().take(3).collect();
    // “能不能发一份” is a request. “能不能” reads the same backwards, as `before` is reversed.
    let negated = before != "能不能"
        && (before.chars().take(1).any(|ch| "不别勿未没".contains(ch))
            || ["要不", "用不", "许不", "能不", "准不", "有没", "以不可"]
                .iter()
                .any(|word| before.starts_with(word)));
    let after: String = turn.get(end..).unwrap_or_default().chars().take(6).collect();
    let described = after.find('的').is_some_and(|at| {
        let rest = after.get(at..).unwrap_or_default();
        DESCRIBES.iter().any(|what| rest.starts_with(what))
    }) || after.starts_with("过的")
        || after.starts_with("来的");
    // “告诉我” asks for an answer, “告诉我的同事” for a message.
    let told =
        ["告诉", "告知", "提醒", "通知", "回复", "联系"].contains(&turn.get(start..end).unwrap_or_default());
    let speaker =
        after.strip_prefix('我').is_some_and(|rest| !rest.starts_with('的') && !rest.starts_with("们的"));
    !(negated || described || told && speaker)
}

/// Characters that end a clause.
const STOPS: &[char] = &['，', '。', '；', '！', '？', '\n', ',', ';', '!', '?', '、'];

/// One-character verbs by class. They are part of many other words, so only what follows makes them a verb.
const CHARACTERS: &[(Effect, &str)] = &[
    (Effect::Send, "发寄回问催传报办派"),
    (Effect::Pay, "付买缴交转还充捐赔"),
    (Effect::Create, "加存记订约写建做排租补录填挂贴定报办登"),
    (Effect::Change, "改换调设移批延推关开停升降签评挪标锁续撤限核结派"),
    (Effect::Delete, "删清踢扔"),
    (Effect::Execute, "跑"),
];

/// What follows a one-character verb: a result, a direction, a measure word.
const COMPLEMENTS: &str = "一掉上到给成个张份条笔过好下完回进出为入两几件封束间场桌篇";

const NUMERALS: &str = "一二三四五六七八九十百千半";

/// “批了吧”, “加进报名表”, “改到周五”. “发了什么” refers to the past.
fn by_character(clause: &str, intent: &mut Intent) {
    for (effect, verbs) in CHARACTERS {
        for (at, verb) in clause.char_indices().filter(|(_, ch)| verbs.contains(*ch)) {
            let mut after = clause.get(at + verb.len_utf8()..).unwrap_or_default().chars();
            let (next, then) = (after.next(), after.next());
            let done = next == Some('了') && matches!(then, None | Some('吧'));
            // “约三百块” means an approximate amount.
            let about = verb == '约' && next.is_some_and(|next| NUMERALS.contains(next));
            let completes =
                next.is_some_and(|next| (COMPLEMENTS.contains(next) || NUMERALS.contains(next)) && !about);
            // 回她，发群里，回“好的”
            let somebody = *effect == Effect::Send
                && "发回寄问催".contains(verb)
                && next.is_some_and(|next| "他她它您群大“「\"：:".contains(next));
            if (done || completes || somebody) && wishes(clause, at, at + verb.len_utf8()) {
                intent.classes.insert(*effect);
            }
        }
    }
    intent.classes.extend(by_what(clause));
    if let Some((effect, _)) = opens_with(clause) {
        intent.classes.insert(effect);
    }
    // “会议将在周五开” merely states the future.
    intent.acts |= (clause.contains('把') || clause.starts_with('将')) && !clause.contains("的话");
}

/// The one-character verb that a clause opens with, after polite words: “帮我约离家近的大厅”. What follows must be more than a
/// word.
fn opens_with(clause: &str) -> Option<(Effect, char)> {
    const POLITE: &[&str] = &[
        "请", "帮我", "麻烦", "给我", "帮忙", "再", "也", "先", "就", "然后", "并", "顺便", "都", "想", "要",
        "你", "我", " ",
    ];
    let mut rest = clause;
    while let Some(after) = POLITE.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after;
    }
    let mut chars = rest.chars();
    let verb = chars.next()?;
    let counts = chars.next().is_none_or(|next| next.is_numeric() || NUMERALS.contains(next));
    let (effect, _) = CHARACTERS.iter().find(|(_, verbs)| verbs.contains(verb))?;
    (!counts && rest.chars().count() >= 5).then_some((*effect, verb))
}

/// “他发了什么？” is a question; “能不能发一份？” is a wish.
fn is_question(clause: &str) -> bool {
    const QUESTIONS: &[&str] = &[
        "?",
        "？",
        "吗",
        "什么",
        "多少",
        "哪",
        "谁",
        "怎么",
        "有没有",
        "是不是",
        "是否",
        "几点",
        "几个",
        "几号",
        "几件",
    ];
    const POLITE: &[&str] = &["能不能", "能否", "可以", "可否", "麻烦", "帮我", "帮忙", "好吗", "行吗"];
    let any = |words: &[&str]| words.iter().any(|word| clause.contains(word));
    // “够不够”, “有没有”
    let chars: Vec<char> = clause.chars().collect();
    let either = chars.windows(3).any(|three| matches!(three, [one, '不' | '没', other] if one == other));
    // “是多少就转给她多少”
    (any(QUESTIONS) || either) && !any(POLITE) && !clause.contains('就')
}

/// A sentence that neither asks nor wants anything looked up, and does more than introduce the speaker.
fn is_statement_of_a_wish(sentence: &str) -> bool {
    const LOOKING: &str =
        "看 查 找 搜 读 列 总结 汇总 概括 翻译 解释 介绍 比较 对比 告诉 说说 讲讲 数一数 算 统计 念";
    const TELLING: &str = "我叫 我是 我在 我住 今天 谢谢 你好 您好 好的 辛苦";
    let sentence = sentence.trim();
    let holds = |words: &str| words.split(' ').any(|word| sentence.contains(word));
    let opens = |words: &str| words.split(' ').any(|word| sentence.starts_with(word));
    let long = sentence.chars().filter(|ch| !ch.is_ascii()).count() >= 5;
    long && !is_question(sentence) && !holds(LOOKING) && !opens(TELLING)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(turn: &str, effect: Effect) -> bool {
        Intent::of([turn]).asks_for(effect)
    }

    #[test]
    fn verbs_of_one_character() {
        for (turn, effect) in [
            ("肖雨晴明天的病假批了吧", Effect::Change),
            ("什么时候开会？给我记到日程里", Effect::Create),
            ("把小鹿也加进报名表", Effect::Create),
            ("想去办护照，约离我最近的大厅", Effect::Create),
            ("发个五十块的红包", Effect::Pay),
            ("再订十五桶", Effect::Create),
            ("看看多少钱，转给他", Effect::Pay),
            ("在群里回一声", Effect::Send),
            ("系统里那件，结了吧", Effect::Change),
            ("哪张看不清？让客户补。", Effect::Send),
            ("短信跟卢女士说明一下", Effect::Send),
            ("把网点的件派给小陈", Effect::Change),
            ("木地板，按估的金额减掉三百核", Effect::Change),
            ("派那天有空的师傅上门", Effect::Send),
            ("咖啡机太贵，驳回", Effect::Change),
            ("能不能发一份给小李", Effect::Send),
            ("二百块以下的直接赔了", Effect::Pay),
            ("把小满十月的佣金打给她", Effect::Pay),
            ("她垫的钱是多少就转给她多少", Effect::Pay),
            ("恒进那张订单不要了，作废", Effect::Change),
            ("在群里报个总数", Effect::Send),
            ("下午再续一个小时的车位", Effect::Change),
        ] {
            assert!(asks(turn, effect), "{turn}");
        }
        for (turn, effect) in [
            ("他发了什么？", Effect::Send),
            ("约三百块够不够", Effect::Create),
            ("派了几个人？", Effect::Send),
            ("让我看看邮件里写了什么", Effect::Send),
            ("跟我说说邮件里写了什么", Effect::Send),
            ("按时间排一下我的邮件", Effect::Send),
            ("结了婚的有几个？", Effect::Change),
            ("谁买了两张票？", Effect::Pay),
            ("红包是谁抢的？", Effect::Pay),
            ("会议将在周五开，告诉我几点", Effect::Change),
            ("不要删掉它", Effect::Delete),
            ("总结一下会议记录", Effect::Delete),
            ("看看有什么新消息。", Effect::Change),
            ("我在杭州出差。", Effect::Change),
            ("打开费用表看看", Effect::Pay),
            ("退出费用页面", Effect::Pay),
        ] {
            assert!(!asks(turn, effect), "{turn}");
        }
    }
}
