//! Kinds of data: what a detector can recognise ([`DataType`]) and what a policy, a notice or a law speaks about
//! ([`DataCategory`]). One table maps the first onto the second.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Say};

/// How strongly a category is protected. PIPL Art. 28 and GDPR Art. 9 draw the line between the first two; secrets of
/// the operator (keys, passwords) are no personal data but must leave even less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ordinary personal data.
    Ordinary,
    /// Sensitive personal data (敏感个人信息), or data that becomes sensitive by use.
    Sensitive,
    /// A credential: it is masked one-way and never restored.
    Secret,
    /// Free content that is as sensitive as what stands in it.
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
            /// Every category, in the registry's order.
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
    IdPhotoOfDocument, "id.photo_of_document", Sensitive, "Image of identity document", "证件照片";
    ContactPhone, "contact.phone", Ordinary, "Phone number", "手机/电话号码";
    ContactEmail, "contact.email", Ordinary, "E-mail address", "电子邮箱";
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
    StatusSpecific, "status.specific", Sensitive, "Specific identity (disability, criminal record, …)", "特定身份(残障、犯罪记录、特定职业等)";
    DemoEthnic, "demo.ethnic", Sensitive, "Ethnicity", "民族/种族";
    DemoBasic, "demo.basic", Ordinary, "Gender, age, birthday, nationality, marital status", "性别、年龄、生日、国籍、婚姻";
    MinorAny, "minor.any", Sensitive, "Any data of a child under 14", "不满14周岁未成年人信息";
    Minor1418, "minor.14_18", Sensitive, "Data of a minor 14-18", "14-18周岁未成年人信息";
    FinBankCard, "fin.bank_card", Sensitive, "Bank card / account", "银行卡/账户";
    FinPay, "fin.pay", Sensitive, "Payment account / password", "支付账号、支付密码";
    FinCreditIncome, "fin.credit_income", Sensitive, "Credit, income, assets, transactions", "征信、收入、资产、交易流水";
    LocPrecise, "loc.precise", Sensitive, "Precise location, tracks, lodging", "精确定位、行踪轨迹、住宿";
    LocCoarse, "loc.coarse", Ordinary, "Coarse location", "粗略位置(城市)";
    AcctPassword, "acct.password", Secret, "Password, PIN, security answer", "密码、口令、密保答案";
    AcctOtp, "acct.otp", Secret, "One-time code", "验证码";
    AcctToken, "acct.token", Secret, "Session token, cookie", "会话令牌、Cookie";
    KeyApi, "key.api", Secret, "API key, private key, DB password (developer)", "API 密钥、私钥、数据库口令(开发者)";
    DevId, "dev.id", Ordinary, "Device identifiers", "设备标识(IMEI、OAID、IDFA、MAC)";
    DevIp, "dev.ip", Ordinary, "IP address", "IP 地址";
    DevLog, "dev.log", Ordinary, "Usage logs", "使用与操作日志";
    CommChat, "comm.chat", Sensitive, "Chat and message content", "聊天内容、通信内容";
    CommContacts, "comm.contacts", Sensitive, "Contacts, friends, group members", "通讯录、好友、群成员";
    CommEmail, "comm.email", Ordinary, "E-mail body/attachments", "邮件正文/附件";
    MediaUpload, "media.upload", Ordinary, "Uploaded photo, audio, video, file", "上传的照片/音视频/文件";
    MediaCameraMic, "media.camera_mic", Sensitive, "Camera, microphone, screen capture", "摄像头/麦克风/屏幕画面";
    EduWork, "edu.work", Ordinary, "Education, job, CV", "教育、职业、简历";
    LegalHousing, "legal.housing", Ordinary, "Lease, housing, contract", "租赁、房产、合同";
    PrefProfile, "pref.profile", Ordinary, "Preferences, profile tags", "偏好、画像标签";
    PrefInferred, "pref.inferred", Sensitive, "Inferred data", "推断信息(情绪、健康、收入等)";
    MemLongterm, "mem.longterm", Content, "Agent long-term memory item", "智能体长期记忆";
    MemKb, "mem.kb", Content, "Knowledge-base / vector chunk", "知识库/向量库内容";
    ThirdPerson, "third.person", Ordinary, "Data about another person", "第三人信息(他人)";
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
    ($($variant:ident, $name:literal, $tag:literal, $category:ident, $doc:literal;)*) => {
        /// What a recogniser found. The names are those of the `scan` door.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DataType {
            $(#[doc = $doc] $variant,)*
        }

        impl DataType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The canonical name, such as `CN_ID`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The first part of a token of this type: capital letters only, so that `TAG_XXXXXXXX` has one underscore.
            pub fn tag(self) -> &'static str {
                match self { $(Self::$variant => $tag,)* }
            }

            /// The category that policy and reports speak about.
            pub fn category(self) -> DataCategory {
                match self { $(Self::$variant => DataCategory::$category,)* }
            }
        }
    };
}

data_types! {
    Person, "PERSON", "PERSON", IdName, "A person's name.";
    Location, "LOCATION", "PLACE", ContactAddress, "A place or a postal address.";
    Org, "ORG", "ORG", EduWork, "An organisation.";
    Phone, "PHONE", "PHONE", ContactPhone, "A telephone number, mobile or landline, of any country.";
    Email, "EMAIL", "EMAIL", ContactEmail, "An e-mail address.";
    Card, "CARD", "CARD", FinBankCard, "A bank card number.";
    CnId, "CN_ID", "IDCARD", IdNationalId, "A Chinese resident identity number (18 or 15 characters).";
    Ssn, "SSN", "SSN", IdNationalId, "A social security number of the United States.";
    Passport, "PASSPORT", "PASSPORT", IdPassport, "A passport number.";
    Permit, "PERMIT", "PERMIT", IdPassport, "A travel permit between the mainland, Hong Kong, Macau and Taiwan.";
    HkId, "HK_ID", "HKID", IdNationalId, "A Hong Kong identity card number.";
    MoId, "MO_ID", "MOID", IdNationalId, "A Macau identity card number.";
    TwId, "TW_ID", "TWID", IdNationalId, "A Taiwan identity or resident certificate number.";
    Plate, "PLATE", "PLATE", IdDriver, "A vehicle registration plate.";
    Uscc, "USCC", "USCC", EduWork, "A unified social credit code of a Chinese organisation.";
    Wechat, "WECHAT", "WECHAT", ContactIm, "A WeChat id.";
    Qq, "QQ", "QQ", ContactIm, "A QQ number.";
    Ip, "IP", "IPADDR", DevIp, "An IP address.";
    Mac, "MAC", "MACADDR", DevId, "A MAC address.";
    Url, "URL", "URL", AcctToken, "A URL that carries personal data or a login.";
    Iban, "IBAN", "IBAN", FinBankCard, "An international bank account number.";
    DriverLicense, "DRIVER_LICENSE", "LICENCE", IdDriver, "A driving licence number.";
    Secret, "SECRET", "SECRET", KeyApi, "An API key, private key, token or password.";
    DbUrl, "DB_URL", "DBURL", KeyApi, "A database address that carries a login.";
}

impl DataType {
    /// The type with this canonical name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The type whose tokens begin with this tag (in capitals), if there is one.
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
    fn the_table_is_the_registry() {
        let registry = include_str!("../../../registry/categories.json");
        let ids: Vec<&str> =
            registry.split("\"id\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let ours: Vec<&str> = DataCategory::ALL.iter().map(|category| category.id()).collect();
        assert_eq!(ours, ids);
    }
}
