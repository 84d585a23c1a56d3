//! Chinese addresses as people and forms write them (in the order of GB/T 23705): regions from the province down, town or
//! village, road, number, building, unit, room; also without the regions. The names of regions are a closed list, so a
//! chain of them followed by something smaller is certain; a road without regions needs a number.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::address::zh;
use crate::resolve::Strength;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "address_zh",
    kind: DataType::Location,
    trigger: Trigger::Literals(&[
        "省", "市", "区", "县", "旗", "盟", "州", "镇", "乡", "街道", "号", "弄", "栋", "幢", "单元", "室",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    let word = text.slice(place.clone());
    if matches!(word, "号" | "弄" | "栋" | "幢" | "单元" | "室") {
        return zh::from_number(text.as_str(), place.start).map(|span| Found::shape(span, 0.85));
    }
    let (span, numbered) = zh::from_region(text.as_str(), place.end)?;
    Some(if numbered {
        Found::shape(span, 0.9)
    } else {
        Found { span, strength: Strength::Learned, score: 0.8 }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn addresses_are_found_whole() {
        check_addresses(&[
            "寄到[[浙江省杭州市西湖区文三路478号华星时代广场B座1203室]]，谢谢",
            "住在[[环翠区鲸园街道世纪路375号龙湖天街13号楼2070室]]。",
            "地址：[[上海市浦东新区张江镇祖冲之路1239弄2号楼501]]",
            "收货地址 [[广东省 深圳市 南山区 科技园路1号 3栋2单元501室]]",
            "我家在[[人民路12号]]",
            "她住[[阳光小区3栋2单元501]]，电话晚点给你",
            "[[河北省保定市清苑县东吕乡孟庄村]]",
            "在[[芜湖街一百五十七号]]",
            "[[广州市天河区中山大道西89号]]",
        ]);
    }

    #[test]
    fn streets_in_prose_are_none() {
        check_addresses(&[
            "三号线很挤",
            "我在一号楼等你",
            "中山路今天很堵",
            "高速公路2号出口",
            "第12号文件",
            "这条路12号才修好",
            "思路1号是重写",
            "市场部的区别在于号码",
            "账号12号改",
            "排在2号单元测试",
            "写了3个单元测试",
        ]);
    }
}
