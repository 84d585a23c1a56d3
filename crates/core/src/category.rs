//! Kinds of data: what a detector recognises ([`DataType`]) and what a policy, a notice or a law refers to
//! ([`DataCategory`]). One table maps the first onto the second.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Say};

/// How strongly a category is protected. PIPL Art. 28 and GDPR Art. 9 draw the line between the first two; secrets of the
/// operator (keys, passwords) are not personal data, but even less of them may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ordinary personal data.
    Ordinary,
    /// Sensitive personal data (敏感个人信息), or data that becomes sensitive by use.
    Sensitive,
    /// A credential: it is masked one-way and never restored.
    Secret,
    /// Free-form content that is as sensitive as whatever it contains.
    Content,
    /// Not personal data.
    NotPersonal,
}

macro_rules! categories {
    ($($variant:ident, $id:literal, $class:ident, $en:literal, $zh:literal;)*) => {
        /// A data category of `registry/categories.json`; its id is used in policy, flow maps and reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DataCategory {
            $(#[doc = $en] $variant,)*
        }

        impl DataCategory {
            /// Every category, in registry order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable id, such as `contact.phone`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How strongly the category is protected.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }
        }

        impl Say for DataCategory {
            fn say(&self, lang: Lang) -> String {
                let (en, zh) = match self { $(Self::$variant => ($en, $zh),)* };
                match lang { Lang::En => en, Lang::Zh => zh }.to_owned()
            }
        }
    };
}

categories! {
    IdName, "id.name", Ordinary, "Name", "姓名";
    IdNationalId, "id.national_id", Sensitive, "National ID number", "居民身份证号";
    IdPassport, "id.passport", Sensitive, "Passport / travel permit", "护照/通行证号";
    IdDriver, "id.driver", Sensitive, "Driving / vehicle licence", "驾驶证/行驶证";
    IdMilitaryOther, "id.military_other", Sensitive, "Other official identity documents", "军官证、社保、居住证等证件";
    IdPhotoOfDocument, "id.photo_of_document", Sensitive, "Image of identity document", "身份证件的照片";
    ContactPhone, "contact.phone", Ordinary, "Phone number", "手机/电话号码";
    ContactEmail, "contact.email", Ordinary, "Email address", "电子邮箱";
    ContactIm, "contact.im", Ordinary, "Messaging account", "微信/QQ/Discord 等账号";
    ContactAddress, "contact.address", Ordinary, "Postal or home address", "住址/收件地址";
    BioFace, "bio.face", Sensitive, "Face image or template", "人脸特征/图像";
    BioVoice, "bio.voice", Sensitive, "Voiceprint / voice recording", "声纹/语音";
    BioFingerprint, "bio.fingerprint", Sensitive, "Fingerprint, iris, palm, gait, gene", "指纹、虹膜、掌纹、步态、基因";
    HealthRecord, "health.record", Sensitive, "Medical record, diagnosis, test, medication", "病历、诊断、检验、用药";
    HealthMental, "health.mental", Sensitive, "Mental health, emotion", "心理健康与情绪状态";
    HealthBody, "health.body", Sensitive, "Body, pregnancy, height/weight", "生理、孕产、身高体重";
    SexLife, "sex.life", Sensitive, "Sex life, orientation", "性生活、性取向";
    BeliefReligion, "belief.religion", Sensitive, "Religion", "宗教信仰";
    BeliefPolitics, "belief.politics", Sensitive, "Political opinion or membership", "政治观点/党派";
    StatusSpecific, "status.specific", Sensitive, "Specific identity (disability, criminal record, …)", "特定身份（残障、犯罪记录、特定职业等）";
    DemoEthnic, "demo.ethnic", Sensitive, "Ethnicity", "民族/种族";
    DemoBasic, "demo.basic", Ordinary, "Gender, age, birthday, nationality, marital status", "性别、年龄、生日、国籍、婚姻";
    MinorAny, "minor.any", Sensitive, "Any data of a child under 14", "不满 14 周岁未成年人信息";
    Minor1418, "minor.14_18", Sensitive, "Data of a minor 14-18", "14–18 周岁未成年人信息";
    FinBankCard, "fin.bank_card", Sensitive, "Bank card / account", "银行卡/账户";
    FinPay, "fin.pay", Sensitive, "Payment account / password", "支付账号、支付密码";
    FinCreditIncome, "fin.credit_income", Sensitive, "Credit, income, assets, transactions", "征信、收入、资产、交易流水";
    LocPrecise, "loc.precise", Sensitive, "Precise location, tracks, lodging", "精确定位、行踪轨迹、住宿";
    LocCoarse, "loc.coarse", Ordinary, "Coarse location", "粗略位置（城市）";
    AcctPassword, "acct.password", Secret, "Password, PIN, security answer", "密码、口令、密保答案";
    AcctOtp, "acct.otp", Secret, "One-time code", "验证码";
    AcctToken, "acct.token", Secret, "Session token, cookie", "会话令牌、Cookie";
    KeyApi, "key.api", Secret, "API key, private key, DB password (developer)", "API 密钥、私钥、数据库口令（开发者）";
    DevId, "dev.id", Ordinary, "Device identifiers", "设备标识（IMEI、OAID、IDFA、MAC）";
    DevIp, "dev.ip", Ordinary, "IP address", "IP 地址";
    DevLog, "dev.log", Ordinary, "Usage logs", "使用与操作日志";
    CommChat, "comm.chat", Sensitive, "Chat and message content", "聊天内容、通信内容";
    CommContacts, "comm.contacts", Sensitive, "Contacts, friends, group members", "通讯录、好友、群成员";
    CommEmail, "comm.email", Ordinary, "Email body/attachments", "邮件正文/附件";
    MediaUpload, "media.upload", Ordinary, "Uploaded photo, audio, video, file", "上传的照片/音视频/文件";
    MediaCameraMic, "media.camera_mic", Sensitive, "Camera, microphone, screen capture", "摄像头/麦克风/屏幕画面";
    EduWork, "edu.work", Ordinary, "Organisation, education, job", "机构、教育、职业";
    LegalHousing, "legal.housing", Ordinary, "Lease, housing, contract", "租赁、房产、合同";
    PrefProfile, "pref.profile", Ordinary, "Preferences, profile tags", "偏好、画像标签";
    PrefInferred, "pref.inferred", Sensitive, "Inferred data", "推断信息（情绪、健康、收入等）";
    MemLongterm, "mem.longterm", Content, "Agent long-term memory item", "智能体长期记忆";
    MemKb, "mem.kb", Content, "Knowledge-base / vector chunk", "知识库/向量库内容";
    ThirdPerson, "third.person", Ordinary, "Data about another person", "第三人信息（他人）";
    Bizsecret, "bizsecret", NotPersonal, "Trade secret / original work", "商业秘密/原创作品";
    Anon, "anon", NotPersonal, "Anonymous or aggregate data", "匿名或聚合数据";
}

impl DataCategory {
    /// The category with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|category| category.id() == id)
    }
}

impl fmt::Display for DataCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for DataCategory {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for DataCategory {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Self::from_id(&id)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown data category `{id}`")))
    }
}

macro_rules! data_types {
    ($($variant:ident, $name:literal, $tag:literal, $category:ident, $class:ident, $en:literal, $zh:literal;)*) => {
        /// What a recogniser found. The names are those of the `scan` door.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DataType {
            $(#[doc = $en] $variant,)*
        }

        impl DataType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The canonical name, such as `CN_ID`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The prefix of a token of this type: capital letters only, so that `TAG_XXXXXXXX` has exactly one
            /// underscore.
            pub fn tag(self) -> &'static str {
                match self { $(Self::$variant => $tag,)* }
            }

            /// The category that policies and reports refer to.
            pub fn category(self) -> DataCategory {
                match self { $(Self::$variant => DataCategory::$category,)* }
            }

            /// How strongly the law protects a value of this type in itself (PIPL Art. 28 with GB/T 45574-2025, GDPR Art.
            /// 9 and 87); a category may contain both ordinary and sensitive types.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }
        }

        impl Say for DataType {
            fn say(&self, lang: Lang) -> String {
                let (en, zh) = match self { $(Self::$variant => ($en, $zh),)* };
                match lang { Lang::En => en, Lang::Zh => zh }.to_owned()
            }
        }
    };
}

data_types! {
    Person, "PERSON", "PERSON", IdName, Ordinary, "Name of a person", "姓名";
    Location, "LOCATION", "PLACE", ContactAddress, Ordinary, "Place or postal address", "地点或地址";
    Org, "ORG", "ORG", EduWork, Ordinary, "Organisation", "机构名称";
    Phone, "PHONE", "PHONE", ContactPhone, Ordinary, "Telephone number, mobile or landline, of any country", "电话号码";
    Email, "EMAIL", "EMAIL", ContactEmail, Ordinary, "Email address", "电子邮箱";
    Card, "CARD", "CARD", FinBankCard, Sensitive, "Bank card number", "银行卡号";
    CnId, "CN_ID", "IDCARD", IdNationalId, Sensitive, "Chinese resident identity number (18 or 15 characters)", "居民身份证号";
    Ssn, "SSN", "SSN", IdNationalId, Sensitive, "Social security number of the United States", "美国社会安全号";
    Passport, "PASSPORT", "PASSPORT", IdPassport, Sensitive, "Passport number", "护照号";
    Permit, "PERMIT", "PERMIT", IdPassport, Sensitive, "Travel permit between the mainland, Hong Kong, Macau and Taiwan", "港澳台通行证号";
    HkId, "HK_ID", "HKID", IdNationalId, Sensitive, "Hong Kong identity card number", "香港身份证号";
    MoId, "MO_ID", "MOID", IdNationalId, Sensitive, "Macau identity card number", "澳门身份证号";
    TwId, "TW_ID", "TWID", IdNationalId, Sensitive, "Taiwan identity or resident certificate number", "台湾身份证或居留证号";
    Plate, "PLATE", "PLATE", IdDriver, Ordinary, "Vehicle registration plate", "车牌号";
    Uscc, "USCC", "USCC", EduWork, Ordinary, "Unified social credit code of a Chinese organisation", "统一社会信用代码";
    Wechat, "WECHAT", "WECHAT", ContactIm, Ordinary, "WeChat id", "微信号";
    Qq, "QQ", "QQ", ContactIm, Ordinary, "QQ number", "QQ 号";
    Ip, "IP", "IPADDR", DevIp, Ordinary, "IP address", "IP 地址";
    Mac, "MAC", "MACADDR", DevId, Ordinary, "MAC address", "MAC 地址";
    Url, "URL", "URL", AcctToken, Secret, "URL that carries personal data or a login", "带个人信息或登录信息的网址";
    Iban, "IBAN", "IBAN", FinBankCard, Sensitive, "International bank account number", "国际银行账号";
    DriverLicense, "DRIVER_LICENSE", "LICENCE", IdDriver, Sensitive, "Driving licence number", "驾驶证号";
    Secret, "SECRET", "SECRET", KeyApi, Secret, "API key, private key, token or password", "密钥、令牌或口令";
    DbUrl, "DB_URL", "DBURL", KeyApi, Secret, "Database address that carries a login", "带登录信息的数据库地址";
    UkNhs, "UK_NHS", "NHS", IdMilitaryOther, Sensitive, "NHS number of the United Kingdom", "英国国民医疗服务号";
    UkNino, "UK_NINO", "NINO", IdNationalId, Sensitive, "National insurance number of the United Kingdom", "英国国民保险号";
    UsItin, "US_ITIN", "ITIN", IdNationalId, Sensitive, "Individual taxpayer number of the United States", "美国个人纳税人识别号";
    UsNpi, "US_NPI", "NPI", EduWork, Ordinary, "National provider identifier of the United States", "美国医疗服务提供者编号";
    UsMbi, "US_MBI", "MBI", IdMilitaryOther, Sensitive, "Medicare beneficiary identifier of the United States", "美国医保受益人编号";
    UsRouting, "US_ROUTING", "ABANO", FinBankCard, Ordinary, "Bank routing number of the United States", "美国银行路由号";
    UsEin, "US_EIN", "EIN", EduWork, Ordinary, "Employer identification number of the United States", "美国雇主识别号";
    AuTfn, "AU_TFN", "TFN", IdNationalId, Sensitive, "Tax file number of Australia", "澳大利亚税号";
    AuAbn, "AU_ABN", "ABN", EduWork, Ordinary, "Business number of Australia", "澳大利亚商业号";
    AuMedicare, "AU_MEDICARE", "AUMED", IdMilitaryOther, Sensitive, "Medicare number of Australia", "澳大利亚医保号";
    CaSin, "CA_SIN", "CASIN", IdNationalId, Sensitive, "Social insurance number of Canada", "加拿大社会保险号";
    InAadhaar, "IN_AADHAAR", "AADHAAR", IdNationalId, Sensitive, "Aadhaar number of India", "印度身份号（Aadhaar）";
    InPan, "IN_PAN", "INPAN", IdNationalId, Sensitive, "Permanent account number of India", "印度永久账号（PAN）";
    InGstin, "IN_GSTIN", "GSTIN", EduWork, Ordinary, "Goods and services tax number of India", "印度商品服务税号";
    DeTaxId, "DE_TAX_ID", "STEUERID", IdNationalId, Sensitive, "Tax identification number of Germany", "德国税号";
    FrNir, "FR_NIR", "NIR", IdNationalId, Sensitive, "Social security number of France", "法国社会保障号";
    EsNif, "ES_NIF", "DNI", IdNationalId, Sensitive, "Identity number of Spain (DNI, NIE)", "西班牙身份号";
    ItCf, "IT_CF", "CODFISC", IdNationalId, Sensitive, "Tax code of Italy (codice fiscale)", "意大利税号";
    NlBsn, "NL_BSN", "BSN", IdNationalId, Sensitive, "Citizen service number of the Netherlands", "荷兰公民服务号";
    PlPesel, "PL_PESEL", "PESEL", IdNationalId, Sensitive, "PESEL number of Poland", "波兰身份号（PESEL）";
    SePersonnummer, "SE_PNR", "PERSNR", IdNationalId, Sensitive, "Personal number of Sweden", "瑞典个人号";
    FiHetu, "FI_HETU", "HETU", IdNationalId, Sensitive, "Personal identity code of Finland", "芬兰个人身份码";
    DkCpr, "DK_CPR", "CPR", IdNationalId, Sensitive, "CPR number of Denmark", "丹麦个人号（CPR）";
    KrRrn, "KR_RRN", "RRN", IdNationalId, Sensitive, "Resident registration number of Korea", "韩国居民登录号";
    SgNric, "SG_NRIC", "NRIC", IdNationalId, Sensitive, "Identity number of Singapore (NRIC, FIN)", "新加坡身份证号";
    ThId, "TH_ID", "THID", IdNationalId, Sensitive, "Identity number of Thailand", "泰国身份证号";
    TrId, "TR_ID", "TRID", IdNationalId, Sensitive, "Identity number of Turkey", "土耳其身份证号";
    ZaId, "ZA_ID", "ZAID", IdNationalId, Sensitive, "Identity number of South Africa", "南非身份证号";
    BrCpf, "BR_CPF", "CPF", IdNationalId, Sensitive, "Taxpayer number of Brazil (CPF)", "巴西个人税号（CPF）";
    BrCnpj, "BR_CNPJ", "CNPJ", EduWork, Ordinary, "Company number of Brazil (CNPJ)", "巴西企业税号（CNPJ）";
    Wallet, "WALLET", "COINADDR", FinPay, Sensitive, "Crypto wallet address", "加密货币钱包地址";
    BirthDate, "DATE_OF_BIRTH", "DOB", DemoBasic, Ordinary, "Date of birth", "出生日期";
    Age, "AGE", "AGEYRS", DemoBasic, Ordinary, "Age", "年龄";
    Geo, "GEO", "GEOPOS", LocPrecise, Sensitive, "Coordinates of a place", "地理坐标";
    CnMilitary, "CN_MILITARY_ID", "MILID", IdMilitaryOther, Sensitive, "Chinese military or police identity number", "军官证、士兵证、警官证号";
    Insurance, "INSURANCE", "INSNO", IdMilitaryOther, Sensitive, "Social or medical insurance or patient number", "社保、医保、病历等编号";
    StudentId, "STUDENT_ID", "STUID", EduWork, Ordinary, "Student number", "学号";
    EmployeeId, "EMPLOYEE_ID", "STAFFNO", EduWork, Ordinary, "Employee number", "工号";
    Vin, "VIN", "VIN", IdDriver, Ordinary, "Vehicle identification number", "车架号";
    Imei, "IMEI", "IMEI", DevId, Ordinary, "Number of a mobile device (IMEI)", "手机串号（IMEI）";
    BankAccount, "BANK_ACCOUNT", "BANKNO", FinBankCard, Sensitive, "Bank account number", "银行账号";
    Salary, "SALARY", "EARNINGS", FinCreditIncome, Sensitive, "Salary or income", "工资收入";
    // Labels: what a passage is about. They have a position but an empty span, so there is nothing to mask.
    Health, "HEALTH", "LHEALTH", HealthRecord, Sensitive, "Somebody's health", "谈到某人的健康";
    Religion, "RELIGION", "LFAITH", BeliefReligion, Sensitive, "Somebody's religion", "谈到某人的宗教信仰";
    Orientation, "ORIENTATION", "LORIENT", SexLife, Sensitive, "Somebody's sexual orientation", "谈到某人的性取向";
    Finances, "FINANCES", "LFINANCE", FinCreditIncome, Sensitive, "Somebody's debts, income or assets", "谈到某人的负债、收入或资产";
    Minor, "MINOR", "LMINOR", MinorAny, Sensitive, "A child under fourteen", "谈到不满 14 周岁的儿童";
    Whereabouts, "WHEREABOUTS", "LWHERE", LocPrecise, Sensitive, "Where somebody is, stays or travels", "谈到某人的行踪或住宿";
}

impl DataType {
    /// The type with this canonical name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether the type says what a passage is about rather than marking a value. Its detections have an empty span.
    pub fn is_label(self) -> bool {
        matches!(
            self,
            Self::Health
                | Self::Religion
                | Self::Orientation
                | Self::Finances
                | Self::Minor
                | Self::Whereabouts
        )
    }

    /// The type whose tokens start with this tag (in capitals), if there is one.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.tag() == tag)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for DataType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(format_args!("unknown data type `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_capital_letters_and_unique() {
        for (i, kind) in DataType::ALL.iter().enumerate() {
            assert!(kind.tag().bytes().all(|b| b.is_ascii_uppercase()), "{}", kind.tag());
            assert_eq!(DataType::ALL.iter().position(|other| other.tag() == kind.tag()), Some(i));
            assert_eq!(DataType::from_name(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn a_secret_type_belongs_to_a_secret_category_and_no_other_does() {
        for kind in DataType::ALL {
            let secret = |class| class == Class::Secret;
            assert_eq!(secret(kind.class()), secret(kind.category().class()), "{kind}");
            assert_ne!(kind.say(Lang::En), kind.say(Lang::Zh), "{kind}");
        }
    }

    #[test]
    fn the_table_is_the_registry() {
        let registry = include_str!("../../../registry/categories.json");
        let ids: Vec<&str> =
            registry.split("\"id\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let ours: Vec<&str> = DataCategory::ALL.iter().map(|category| category.id()).collect();
        assert_eq!(ours, ids);
    }
}
