//! Names of services whose keys have no prefix of their own. Next to one of them a value needs less evidence.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::text::{Text, is_word};

/// Keeps the names in the lines in which they are written.
macro_rules! names {
    ($($name:literal,)*) => { &[$($name,)*] };
}

/// Names that mean nothing else: a machine-generated value directly after one is its key.
pub(crate) const DISTINCT: &[&str] = names! {
    "abbysale", "abstractapi", "abuseipdb", "accuweather", "adafruit", "adzuna", "aeroworkflow", "airbrake", "airvisual",
    "alegra", "alienvault", "amadeus", "apacta", "api2cart", "apideck", "apiflash", "apifonica", "apify", "apilayer",
    "apimatic", "apimetrics", "apitemplate", "appcues", "appfollow", "appointedd", "appoptics", "appsynergy", "apptivo",
    "assemblyai", "audd", "autoklose", "avaza", "aviationstack", "axonaut", "aylien", "ayrshare", "bannerbear", "baremetrics", "beamer",
    "beebole", "besnappy", "besttime", "billomat", "bitbar", "bitcoinaverage", "bitfinex", "bitmex", "blablabus",
    "blazemeter", "blitapp", "blocknative", "bombbomb", "boostnote", "borgbase", "brandfetch", "browserstack", "browshot",
    "bscscan", "buddyns", "budibase", "bugherd", "bugsnag", "bulksms", "buttercms", "caflou", "calendarific", "calendly",
    "calorieninja", "campayn", "capsulecrm", "carboninterface", "caspio", "censys", "centralstationcrm", "cexio",
    "chartmogul", "chatfuel", "checio", "checklyhq", "checkvist", "clarifai", "clearbit", "clickhelp", "clickup",
    "clinchpad", "clockify", "clockworksms", "closecrm", "cloudconvert", "cloudelements", "cloudimage", "cloudmersive",
    "cloudplan", "cloudsight", "cloudsmith", "cloverly", "clustdoc", "codacy", "codeclimate", "codequiry", "coinapi",
    "coinlayer", "coinlib", "collect2", "commercejs", "companyhub", "conversiontools", "convertapi", "convertkit",
    "countrylayer", "coveralls", "craftmypdf", "crossbrowsertesting", "crowdin", "cryptocompare", "currencycloud",
    "currencyfreaks", "currencylayer", "currencyscoop", "currentsapi", "customerguru", "customerio", "d7network",
    "dareboost", "databox", "deepai", "deepgram", "demio", "detectify", "detectlanguage", "dfuse", "diffbot", "diggernaut",
    "disqus", "docparser", "documo", "dotmailer", "dovico", "dronahq", "duply", "dwolla", "dynalist", "dyspatch",
    "eagleeyenetworks", "easyinsight", "edamam", "edenai", "elasticemail", "enablex", "etherscan", "ethplorer", "everhour",
    "exchangerateapi", "exchangeratesapi", "extractorapi", "faceplusplus", "fastforex", "feedier", "fetchrss", "fibery",
    "finage", "financialmodelingprep", "findl", "finicity", "finnhub", "fixerio", "fleetbase", "flightapi", "flightlabs",
    "flightstats", "flowflu", "fmfw", "formbucket", "formcraft", "formsite", "freshbooks", "freshdesk", "fullstory",
    "fusebill", "fxmarket", "geckoboard", "gengo", "geoapify", "geocodify", "geocodio", "getemail", "getgeoapi", "getgist",
    "getresponse", "getsandbox", "glassnode", "gocanvas", "gocardless", "graphcms", "graphhopper", "groovehq", "gtmetrix",
    "gumroad", "gyazo", "happyscribe", "hellosign", "helpcrunch", "helpscout", "hereapi", "hiveage", "holidayapi",
    "html2pdf", "hybiscus", "hypertrack", "iconfinder", "iexapis", "iexcloud", "imagekit", "imagga", "infura", "insightly",
    "instabot", "instamojo", "interseller", "intrinio", "invoiceocean", "ip2location", "ipapi", "ipgeolocation", "ipinfo",
    "ipinfodb", "ipify", "ipquality", "ipstack", "jotform", "jumpcloud", "jupiterone", "kaleyra", "kickbox", "klaviyo",
    "klipfolio", "knapsackpro", "kucoin", "kylas", "languagelayer", "launchdarkly", "leadfeeder", "lemlist",
    "lemonsqueezy", "lendflow", "lessannoyingcrm", "lexigram", "linenotify", "linkpreview", "liveagent", "livestorm",
    "loadmill", "locationiq", "loginradius", "lokalise", "loyverse", "madkudu", "magicbell", "mailboxlayer", "mailerlite",
    "mailjet", "mailmodo", "mailsac", "mapquest", "marketstack", "mavenlink", "meaningcloud", "mediastack", "meistertask",
    "mesibo", "messagebird", "metaapi", "metrilo", "mindmeister", "mixmax", "mockaroo", "monkeylearn", "moonclerk",
    "moosend", "moralis", "mrticktock", "myfreshworks", "myintervals", "nasdaqdatalink", "neutrinoapi", "newsapi",
    "newscatcher", "nftport", "nicereply", "nozbe", "nozbeteams", "numverify", "nutritionix", "nylas", "nytimes", "oanda",
    "omnisend", "onedesk", "onepagecrm", "oopspam", "opencage", "opencagedata", "opengraphr", "openuv", "openweather",
    "openweathermap", "overloop", "owlbot", "packagecloud", "pandadoc", "pandascore", "paperform", "paralleldots",
    "parsehub", "parseur", "partnerstack", "paydirtapp", "paymoapp", "paymongo", "pdflayer", "pdfshift", "peopledatalabs",
    "pepipost", "pinata", "pipedrive", "pivotaltracker", "pixabay", "planviewleankit", "planyo", "plivo", "pollsapi",
    "poloniex", "positionstack", "postageapp", "powrbot", "prodpad", "prospectcrm", "protocolsio", "proxycrawl",
    "purestake", "pushbullet", "pyowm", "qase", "qualaroo", "qubole", "rapidapi", "rawg", "reachmail",
    "reallysimplesystems", "rebrandly", "refiner", "rentman", "repairshopr", "replyio", "requestfinance", "restpack", "revampcrm",
    "ringcentral", "ritekit", "rocketreach", "rockset", "roninapp", "route4me", "runrunit", "salesblink", "salescookie",
    "salesflare", "salesmate", "saucelabs", "scrapeowl", "scraperapi", "scraperbox", "scrapestack", "scrapfly",
    "scrapingant", "scrapingbee", "screenshotapi", "screenshotlayer", "scrutinizer", "securitytrails", "selectpdf",
    "serpapi", "serphouse", "serpstack", "sherpadesk", "shipday", "shodan", "shotstack", "shutterstock", "signupgenius",
    "sigopt", "simfin", "simplesat", "simplynoted", "simvoly", "skrappio", "skybiometry", "smartsheets", "smartystreets",
    "snipcart", "speechtext", "spoonacular", "sportsmonk", "sslmate", "statuscake", "statuspal", "stitchdata", "stockdata",
    "storecove", "stormboard", "stormglass", "storyblok", "storychief", "sugester", "supernotes", "surveyanyplace",
    "surveybot", "surveysparrow", "survicate", "swiftype", "tallyfy", "tatumio", "taxjar", "teamgate", "teamworkcrm",
    "teamworkdesk", "teamworkspaces", "tefter", "testingbot", "textmagic", "theoddsapi", "thinkific", "ticketmaster",
    "tickettailor", "tiingo", "timecamp", "timezoneapi", "tmetric", "todoist", "toggl", "tokeet", "tomorrowio", "tradier",
    "transferwise", "travelpayouts", "twelvedata", "tyntec", "typetalk", "ubidots", "uclassify", "unifyid", "unplugg",
    "upcdatabase", "uplead", "uploadcare", "uptimerobot", "upwave", "urlscan", "userflow", "userstack", "vatlayer",
    "vbout", "verimail", "veriphone", "versioneye", "viewneo", "virustotal", "visualcrossing", "voicegain", "voodoosms",
    "vouchery", "vpnapi", "vyte", "walkscore", "wandb", "weatherbit", "weatherstack", "web3storage", "webscraper",
    "webscraping", "websitepulse", "whoxy", "worksnaps", "workstack", "worldcoinindex", "worldweather", "youneedabudget",
    "yousign", "zenkit", "zenrows", "zenscrape", "zenserp", "zeplin", "zerobounce", "zerotier", "zipcodeapi",
    "zipcodebase", "zonka", "zonkafeedback", "高德", "极光推送", "和风天气", "心知天气", "聚合数据",
};

/// Names that are also words, or that precede numbers which are not keys (commits, events, resources): they count only
/// next to a word such as `token`.
const WORDED: &[&str] = names! {
    "adobe", "agora", "airship", "airtable", "aiven", "alchemy", "algolia", "alibaba", "aliyun", "amap", "amplitude",
    "anthropic", "anypoint", "apollo", "artifactory", "artsy", "asana", "atera", "atlassian", "auth0", "autodesk",
    "autopilot", "aws", "azure", "baidu", "betterstack", "binance", "bitbucket", "bitly", "blogger", "box",
    "braintree", "bulbul", "buildkite", "calcom", "canny", "chatbot", "checkout", "cicero", "circleci", "cliengo",
    "cloudflare", "cloudinary", "coda", "coinbase", "column", "confluent", "contentful", "copper", "courier", "dandelion",
    "databricks", "datadog", "data.gov", "debounce", "delighted", "deputy", "digitalocean", "dingtalk", "discord", "ditto",
    "django", "docker", "docusign", "doppler", "dropbox", "dynatrace", "eventbrite", "envoy", "exchangerate",
    "exchangerates", "facebook", "fastly", "feishu", "figma", "fileio", "firebase", "fixer", "flat", "flickr", "float",
    "formio", "foursquare", "frameio", "front", "fulcrum", "gemini", "geocode", "github", "gitlab", "gitter", "goodday",
    "google", "grafana", "guardian", "guru", "harvest", "heroku", "hive", "holistic", "honeycomb", "hubspot", "humanity",
    "hunter", "huawei", "ibm", "impala", "instagram", "intercom", "ipifi", "jenkins", "jira", "jpush", "juro", "karma",
    "kontent", "kraken", "lark", "less", "line", "linear", "linkedin", "lob", "logz", "luno", "magnetic", "mailchimp",
    "mailgun", "mandrill", "mapbox", "mattermost", "maxmind", "meituan", "messari", "minimax", "miro", "mixpanel", "monday",
    "mongodb", "moonshot", "nasdaq", "neon", "netcore", "netlify", "newrelic", "nexmo", "ngrok", "nightfall", "nimble",
    "notion", "npm", "nuget", "okta", "onelogin", "onesignal", "openai", "opsgenie", "optimizely", "pagerduty", "pastebin",
    "paypal", "paystack", "percy", "pinecone", "plaid", "planetscale", "podio", "polygon", "postman", "postmark", "privacy",
    "prospect", "protocols", "pubnub", "pusher", "qiniu", "quora", "rabbitmq", "ramp", "raven", "razorpay", "recaptcha",
    "redis", "replicate", "salesforce", "sauce", "scaleway", "segment", "semaphore", "sendbird", "sendgrid",
    "sendinblue", "sentry", "shopify", "shortcut", "shippo", "slack", "snowflake", "snyk", "sonar", "sonarcloud",
    "sonarqube", "splunk", "spotify", "square", "squarespace", "stackhawk", "statuspage", "strava", "streak", "stripe",
    "sumologic", "supabase", "swell", "tableau", "teletype", "telegram", "tencent", "terraform", "thingsboard",
    "thousandeyes", "tly", "tomtom", "travis", "trello", "twilio", "twist", "twitch", "twitter", "typeform", "unplu",
    "unsplash", "vagrant", "vercel", "vonage", "vultr", "web3", "webex", "webflow", "wechat", "weibo", "wistia", "wit",
    "wrike", "yandex", "yelp", "youtube", "zapier", "zendesk", "zoho", "zulip", "企业微信", "微信", "支付宝", "抖音", "百度",
    "腾讯", "阿里云", "钉钉", "飞书", "华为",
};

/// Number of bytes before a word such as `token` in which the name is looked for.
const WINDOW: usize = 40;

static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = DISTINCT.iter().chain(WORDED);
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(names)
        .ok()
});

/// True if a service name is shortly before `at`, on the same line.
pub(crate) fn before(text: &Text<'_>, at: usize) -> bool {
    let from = text.as_str().floor_char_boundary(at.saturating_sub(WINDOW));
    let window = text.slice(from..at);
    let line = window.rfind('\n').map_or(0, |end| end + 1);
    let line = window.get(line..).unwrap_or_default();
    NAMES.as_ref().is_some_and(|names| names.find_iter(line).any(|hit| begins_word(line, hit.start())))
}

fn begins_word(line: &str, start: usize) -> bool {
    let byte = |at: usize| line.as_bytes().get(at).copied();
    let hump = byte(start).is_some_and(|b| b.is_ascii_uppercase());
    start.checked_sub(1).and_then(byte).is_none_or(|b| !is_word(b) || hump && b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_stands_once() {
        let names: BTreeSet<&str> = DISTINCT.iter().chain(WORDED).copied().collect();
        assert_eq!(names.len(), DISTINCT.len() + WORDED.len());
    }
}
