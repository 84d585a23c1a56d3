//! Words about health, faith, orientation, money, children and whereabouts, in Chinese and English.

use ombud_core::DataType;

/// Words that say something of this kind about whoever is mentioned near them.
pub(super) struct Rule {
    pub(super) kind: DataType,
    /// Each is sufficient by itself, once somebody is mentioned.
    pub(super) words: &'static [&'static str],
}

/// Keeps the words in the lines in which they are written.
macro_rules! words {
    ($($word:literal,)*) => { &[$($word,)*] };
}

pub(super) static RULES: &[Rule] = &[
    Rule {
        kind: DataType::Health,
        words: words! {
            "确诊", "患有", "患了", "得了", "查出", "诊断为", "被诊断", "化疗", "放疗", "手术后", "做了手术", "住院", "怀孕", "流产", "早产",
            "抑郁症", "焦虑症", "双相", "精神分裂", "糖尿病", "高血压", "冠心病", "艾滋", "乙肝", "肝炎", "肺结核", "癌", "肿瘤", "白血病",
            "癫痫", "哮喘", "尿毒症", "中风", "痔疮", "性病", "不孕", "吃抗抑郁", "服药", "在吃药", "安眠药", "病历", "体检报告", "血糖", "失眠",
            "自闭症", "多动症", "残疾", "hiv阳性", "阳性了",
            "diagnosed with", "suffer from", "suffers from", "suffering from", "tested positive", "hiv", "diabetes", "diabetic",
            "cancer", "tumour", "tumor", "chemotherapy", "chemo", "depression", "anxiety disorder", "bipolar", "schizophrenia",
            "epilepsy", "asthma", "hepatitis", "miscarriage", "pregnant", "abortion", "dialysis", "stroke", "insulin",
            "antidepressants", "prescribed", "medication", "surgery", "in hospital", "hospitalised", "hospitalized", "autism",
            "autistic", "adhd", "blood pressure", "infertility", "rehab", "overdose", "suicidal",
        },
    },
    Rule {
        kind: DataType::Religion,
        words: words! {
            "信佛", "信教", "信基督", "信天主", "信伊斯兰", "皈依", "受洗", "出家", "佛教徒", "基督徒", "天主教徒", "穆斯林", "道教徒", "做礼拜",
            "去教堂", "清真寺", "法轮功", "摩门教",
            "muslim", "christian", "catholic", "protestant", "buddhist", "hindu", "jewish", "mormon", "sikh", "atheist",
            "baptised", "baptized", "converted to islam", "converted to", "goes to church", "go to church", "my church",
            "the mosque", "our synagogue", "practising", "observe ramadan", "observes ramadan",
        },
    },
    Rule {
        kind: DataType::Orientation,
        words: words! {
            "同性恋", "双性恋", "出柜", "跨性别", "变性", "性取向", "是gay", "是同志", "是拉拉", "喜欢男生", "喜欢女生", "形婚",
            "gay", "lesbian", "bisexual", "transgender", "homosexual", "came out as", "coming out as", "sexual orientation",
            "same-sex partner", "queer",
        },
    },
    Rule {
        kind: DataType::Finances,
        words: words! {
            "欠债", "负债", "欠了", "网贷", "房贷", "车贷", "贷款", "征信", "逾期", "破产", "信用卡债", "花呗", "催收", "失信", "存款", "积蓄",
            "月薪", "年薪", "工资", "年收入", "炒股亏", "亏了", "低保",
            "in debt", "my debts", "mortgage", "bankrupt", "bankruptcy", "credit score", "payday loan", "student loan",
            "credit card debt", "overdue", "foreclosure", "savings account", "life savings", "salary", "net worth", "on welfare",
            "owes", "owe the bank",
        },
    },
    Rule {
        kind: DataType::Whereabouts,
        words: words! {
            "现在在", "人在", "正在去", "刚到", "住在", "入住", "航班", "高铁", "行程", "定位", "每天都去", "下班回家", "上学路上", "落地",
            "staying at", "checked in", "checking in", "currently at", "currently in", "right now at", "on my way to", "on his way to",
            "on her way to", "arrive at", "arriving at", "landed in", "flight", "lives at", "live at", "walks home", "commute",
        },
    },
];

/// Words for the person whom something is about. A name that was found counts too.
pub(super) const SUBJECTS: &[&str] = words! {
    "我", "本人", "咱", "他", "她", "患者", "病人", "客户", "当事人", "老公", "老婆", "丈夫", "妻子", "男朋友", "女朋友", "男友", "女友", "爸",
    "妈", "父亲", "母亲", "爷爷", "奶奶", "外公", "外婆", "孩子", "儿子", "女儿", "宝宝", "弟弟", "妹妹", "哥哥", "姐姐", "同事", "室友", "朋友",
    "领导", "老板", "学生", "员工",
    "i", "i'm", "i've", "me", "my", "mine", "he", "she", "his", "her", "him", "patient", "wife", "husband", "mother", "father", "mom",
    "mum", "dad", "son", "daughter", "boyfriend", "girlfriend", "partner", "brother", "sister", "colleague", "coworker", "roommate",
    "client", "employee", "our",
};

/// Words that make a sentence a general question, a rule or a supposition: nothing is said about anybody.
pub(super) const GENERAL: &[&str] = words! {
    "如何", "怎么预防", "怎样预防", "什么是", "是什么", "如果", "假如", "假设", "要是", "请介绍", "科普", "没有", "并非", "不是", "未患",
    "how to", "what is", "what are", "if i", "if he", "if she", "if my", "suppose", "imagine", "in general", "not", "never", "no longer",
};

/// Words that mean a child, and words that may mean one.
pub(super) const CHILDREN: &[&str] = words! {
    "孩子", "儿子", "女儿", "宝宝", "小孩", "娃", "弟弟", "妹妹", "外甥", "侄子", "侄女", "孙子", "孙女", "学生",
    "child", "kid", "son", "daughter", "baby", "toddler", "boy", "girl", "brother", "sister", "nephew", "niece", "grandson",
    "granddaughter", "pupil", "student",
};

/// Schools and school years in which children are under fourteen.
pub(super) const SCHOOLS: &[&str] = words! {
    "幼儿园", "托班", "小学", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "小升初", "学前班", "儿童医院", "早教",
    "kindergarten", "nursery school", "preschool", "elementary school", "primary school", "first grade", "second grade",
    "third grade", "fourth grade", "fifth grade", "sixth grade", "daycare",
};
