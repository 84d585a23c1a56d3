//! Consent answers of subjects across epochs, erasures and restarts.

use ombud_ledger::{Consent, Consents, Vault};

fn answer(purpose: &str, state: &str) -> Consent {
    Consent {
        purpose: purpose.to_owned(),
        state: state.to_owned(),
        at: 1,
        until: 2,
        notice: None,
        receipt: "00".to_owned(),
    }
}

#[tokio::test]
async fn an_answer_counts_in_its_epoch_only() {
    let home = tempfile::tempdir().unwrap();
    let consents = Consents::at(home.path());
    assert!(!consents.put("sub_a", &answer("p", "given"), 0).await.unwrap(), "nobody knows this subject");
    consents.know("sub_a", "tenant").await.unwrap();
    assert!(consents.put("sub_a", &answer("p", "given"), 0).await.unwrap());
    assert_eq!(consents.revoke("sub_a", "tenant").await.unwrap(), 1);
    assert!(!consents.put("sub_a", &answer("p", "given"), 0).await.unwrap(), "the epoch is over");
    assert!(consents.put("sub_a", &answer("p", "withdrawn"), 1).await.unwrap());
    // Another process, or the next start, sees the same.
    let later = Consents::at(home.path());
    assert_eq!(later.of("sub_a").await.unwrap(), [answer("p", "withdrawn")]);
    assert_eq!(later.epochs().await.unwrap()["sub_a"], 1);
    assert_eq!(later.tenants().await.unwrap(), ["tenant"]);
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_still_there_to_be_finished() {
    let home = tempfile::tempdir().unwrap();
    let consents = Consents::at(home.path());
    let entries = [("EMAIL_00000000", ombud_core::DataType::Email, "made-up")];
    let (vault, whose) = (Vault::at(home.path()), ("sub_a", "tenant"));
    assert!(vault.put_of(whose, "scope", &entries).await.unwrap());
    assert!(consents.put("sub_a", &answer("p", "given"), 0).await.unwrap());
    assert_eq!(consents.begin_erasure("sub_a", "tenant", 5).await.unwrap(), 1);
    // The process dies here.
    let later = Consents::at(home.path());
    assert_eq!(later.unfinished().await.unwrap(), [("sub_a".to_owned(), "tenant".to_owned())]);
    assert!(later.of("sub_a").await.unwrap().is_empty());
    assert!(!later.put("sub_a", &answer("p", "given"), 1).await.unwrap(), "consent during an erasure");
    assert_eq!(
        (later.scopes("sub_a").await.unwrap(), later.tokens("sub_a").await.unwrap()),
        (vec!["scope".to_owned()], 1)
    );
    // Late values are not stored: nothing would find them again once the erasure has ended.
    assert!(!vault.put_of(whose, "scope-2", &entries).await.unwrap());
    assert!(vault.get("scope-2", &["EMAIL_00000000"]).await.unwrap().is_empty());
    assert!(vault.put_of(("sub_b", "tenant"), "scope-3", &entries).await.unwrap(), "another user");
    // It is begun again, and ends.
    assert_eq!(later.begin_erasure("sub_a", "tenant", 6).await.unwrap(), 2);
    Vault::at(home.path()).erase("scope").await.unwrap();
    assert_eq!(later.tokens("sub_a").await.unwrap(), 0);
    later.end_erasure("sub_a").await.unwrap();
    assert!(later.unfinished().await.unwrap().is_empty() && later.scopes("sub_a").await.unwrap().is_empty());
    assert_eq!(later.epochs().await.unwrap()["sub_a"], 2, "old proofs stay void");
    assert!(vault.put_of(whose, "scope-2", &entries).await.unwrap());
    assert_eq!(later.scopes("sub_a").await.unwrap(), ["scope-2"]);
}
