//! URLs of databases, brokers and directories that contain a login: `postgres://app:secret@db.internal:5432/users`. The
//! whole URL is reported. The user may be missing (`redis://:secret@host`).

use ombud_core::DataType;

use super::url::{Login, is_database};
use super::{Found, Recogniser, Trigger};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "db_url",
    kind: DataType::DbUrl,
    trigger: Trigger::Literals(&["://"]),
    labels: &[],
    find: |text, colon| {
        let login = Login::read(text, &colon)?;
        is_database(login.scheme).then(|| Found::validated(login.span, 0.97))
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::DbUrl,
            &[
                "连接 [[mongodb://admin:PL5UPhVzlhBU@192.168.1.20:27017/app]] 失败",
                "DATABASE_URL=[[postgresql+psycopg2://u:p4ss@h/db]]",
                "[[redis://:vMaVyaT2kFOo@127.0.0.1:6379/0]]。",
                "[[mongodb+srv://u:a@b!@c.example.net/test?w=majority]]",
                "[[jdbc:mysql://root:q1w2@db:3306/x]]",
            ],
        );
    }

    #[test]
    fn addresses_without_a_password_are_not() {
        check(
            DataType::DbUrl,
            &[
                "postgres://localhost/db",
                "redis://127.0.0.1:6379",
                "amqp://user:*****@example.com",
                "mysql://user:password@localhost/x",
            ],
        );
    }
}
