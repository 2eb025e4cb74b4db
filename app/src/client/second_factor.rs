//! The second step of signing in, and the own second factor.

use super::{ApiResult, Client, Method, form_body};
use berth_types::UserId;
use berth_types::api::{
    RecoveryCodes, SecondFactorCode, SecondFactorProof, SecondFactorReq, SecondFactorSecret, SecondFactorState,
};
use berth_types::url::BERTH_API;

/// The visitor's own.
fn own(part: &str) -> String {
    format!("{BERTH_API}/users/current/second-factor{part}")
}

impl Client {
    /// Ends signing in with a code, where the password asked for one.
    ///
    /// # Errors
    /// 401 for a wrong code and after too long a time, 429 after too many wrong ones.
    pub async fn sign_in_with_code(&self, code: &str) -> ApiResult<()> {
        self.call(Method::Post, "/c/login/code".to_owned(), form_body(&[("code", code)])).await.map(drop)
    }

    /// Whether a code is asked for after the visitor's password.
    ///
    /// # Errors
    /// 401 for anonymous visitors.
    pub async fn second_factor(&self) -> ApiResult<SecondFactorState> {
        self.get(own("")).await
    }

    /// Makes a secret. The answer is the only one with it.
    ///
    /// # Errors
    /// 403 for a wrong password, 412 where a second factor is switched on.
    pub async fn begin_second_factor(&self, password: &str) -> ApiResult<SecondFactorSecret> {
        let wish = SecondFactorReq { password: password.to_owned() };
        self.send(Method::Post, own(""), &wish).await?.json()
    }

    /// Switches the second factor on. The answer is the only one with the recovery codes.
    ///
    /// # Errors
    /// 400 for a wrong code, 412 where no secret waits for one.
    pub async fn confirm_second_factor(&self, code: &str) -> ApiResult<RecoveryCodes> {
        let code = SecondFactorCode { code: code.to_owned() };
        self.send(Method::Post, own("/confirm"), &code).await?.json()
    }

    /// Makes new recovery codes; those before are over. The answer is the only one with them.
    ///
    /// # Errors
    /// 403 for a wrong password or code, 412 where no second factor is switched on.
    pub async fn renew_recovery_codes(&self, proof: &SecondFactorProof) -> ApiResult<RecoveryCodes> {
        self.send(Method::Post, own("/recovery-codes"), proof).await?.json()
    }

    /// Switches the second factor off.
    ///
    /// # Errors
    /// 403 for a wrong password or code, 412 where none is switched on.
    pub async fn disable_second_factor(&self, proof: &SecondFactorProof) -> ApiResult<()> {
        self.send(Method::Post, own("/disable"), proof).await.map(drop)
    }

    /// Takes the second factor off somebody's account.
    ///
    /// # Errors
    /// 403 for all but administrators, 412 where none is switched on.
    pub async fn remove_second_factor(&self, id: UserId) -> ApiResult<()> {
        self.delete(format!("{BERTH_API}/users/{id}/second-factor")).await
    }
}
