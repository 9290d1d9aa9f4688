use eventkit::{BoxError, Dispatcher, State};
use eventkit_service::Service;
use eventkit_service::testing::TestService;
use shop::{Bank, ChargeError, OrderPaid, OrderPlaced, SHOP, charge};

fn order(order_id: &str, total_cents: u64) -> OrderPlaced {
    OrderPlaced {
        order_id: order_id.to_owned(),
        total_cents,
    }
}

// A handler is a function: call it.
#[tokio::test]
async fn a_card_above_its_limit_is_declined() {
    let bank = State(Bank { limit_cents: 500 });
    assert_eq!(
        charge(order("A-1", 501), bank).await,
        Err(ChargeError::Declined)
    );
}

// The whole service in memory. Paused time skips the delays between retries.
#[tokio::test(start_paused = true)]
async fn a_declined_order_is_a_dead_letter() -> Result<(), BoxError> {
    let app = Dispatcher::new(&SHOP)
        .state(Bank {
            limit_cents: 50_000,
        })
        .build()?;
    let service = TestService::start(Service::new("shop", &app))?;

    service.publish(&order("A-1", 1_250)).await?;
    service.publish(&order("A-2", 99_900)).await?;
    service.settled().await;

    assert_eq!(
        service.published::<OrderPaid>()?,
        [OrderPaid {
            order_id: "A-1".to_owned()
        }]
    );
    let letters = service.dead_letters().await?;
    assert_eq!(letters[0].error, "the card was declined");
    Ok(())
}
