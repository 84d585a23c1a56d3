//! Words that are spelt like a name. A name that is also a word is not looked for elsewhere: masking a word throughout a
//! conversation does more harm than missing a name once.

use std::collections::HashSet;
use std::sync::LazyLock;

/// True if a Chinese name is also a word.
pub(super) fn is_common(name: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| CHINESE.split(' ').collect());
    WORDS.contains(name)
}

/// True if a given name or surname in Latin letters is also an English word, a month, a place or a colour.
pub(crate) fn is_common_latin(name: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| LATIN.split(' ').collect());
    WORDS.contains(name.to_ascii_lowercase().as_str())
}

const CHINESE: &str = "高兴 高级 高度 高明 高尚 高原 高峰 高考 高中 高手 高速 高端 方便 方法 方向 方案 方面 方式 方程 马上 马路 马车 马力 \
白天 白色 白云 白菜 白领 黄金 黄色 黄河 黄山 金钱 金融 金属 金额 安全 安静 安排 安装 安心 安慰 安康 常常 常见 常用 常识 常规 常年 温度 温暖 温柔 温和 \
平时 平安 平静 平均 平台 平等 时间 时候 时代 时光 时常 明天 明白 明显 明年 明确 明星 万一 万能 万物 万分 张开 张望 张贴 周围 周末 周期 周日 周年 周到 \
路上 路线 路过 石头 石油 石材 江山 江南 江湖 水平 水果 文化 文章 文件 文明 文字 文学 文本 成功 成为 成本 成立 成长 成员 成就 成熟 程度 程序 任务 任何 \
任意 任职 单位 单独 单元 单纯 钱包 毛病 毛衣 古代 古典 雷达 雷同 易于 武器 武术 武力 游戏 游客 游泳 简单 简直 简洁 华丽 华人 严重 严格 严肃 陈列 陈述 \
陈旧 杨树 林业 田野 牛奶 余下 余额 于是 包括 包装 包含 童年 甘心 危险 危机 沙发 沙滩 宁静 宁可 关系 关于 关键 关心 关注 关闭 施工 施行 康复 顾客 顾问 \
史上 史料 向上 向前 全部 全面 全球 连接 连续 景色 景象 房间 房子 车站 车辆 尚未 应该 应用 和平 和谐 相信 相关 项目 项链 柳树 谈话 左右 左边 季节 章节 \
章程 申请 申报 管理 管道 祝福 祝贺 盛大 盛开 齐全 梅花 莫名 庄严 庄园 辛苦 辛勤 曲线 阳光 阳台 席位 卫生 卫星 查询 查看 屈服 位置 景点 薄弱 司机 司法 \
宁愿 国庆 建国 爱国 光明 方圆 海洋 春天 夏天 冬天 金星 何必 何况 何时 罗列 谢谢 谢意 许多 许可 曾经 苏醒 丁香 叶子 杜绝 戴上 夏季 姜汤 范围 范例 \
段落 汤圆 黎明 贺卡 洪水 安宁 颜色 温馨 纪念 纪律 成果 强大 强调 老师 老板 小时 小心 欧洲 蓝天 鲁莽 胡说 胡同 胡闹 朱红 孔雀 龙头 江水 唐突";

const LATIN: &str = "will mark may april june august summer grace hope faith joy rose ivy \
pearl amber crystal dawn bill art guy dick chip chase cliff dale dean earl grant hunter \
king lance miles norm page rich rod rusty sandy sky skip stone storm ward wade young old long short small little \
white black brown green gray grey gold silver red blue wood woods field fields hill hills lake rivers brook brooks ford bridge park \
parks street lane church temple bishop pope priest \
bell ball bush bird fox wolf lamb swan drake day week may \
north south east london paris austin houston dallas jordan israel china america england france holland berlin washington lincoln \
georgia virginia carolina florida major minor sharp love best good fine bright strong swift noble wise moody \
power powers price cash banks field case cross hand head foot hall house home rooms court gates poole moon star sun light frost \
snow winter spring rain rice bean berry cherry plum pike fish bass rush savage wild battle chance christian constant ernest harmony \
honor justice liberty mercy patience prudence charity trinity precious destiny genesis melody the and for with from this that \
java python swift apple google oracle amazon meta claude gemini alexa siri cortana watson edge safari opera";
