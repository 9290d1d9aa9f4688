//! Dispatch compared with direct calls, observers of `bevy_ecs`, and a tokio broadcast channel.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;

use bevy_ecs::event::Event;
use bevy_ecs::observer::On;
use bevy_ecs::world::World;
use eventkit_comparison::timing::{race, shown};
use eventkit_performance::dispatch::{self, handle};
use eventkit_performance::events::OrderPlaced;
use eventkit_performance::messages;
use tokio::sync::broadcast;

#[derive(Event)]
struct Placed(Arc<OrderPlaced>);

type Run = Box<dyn Fn()>;

/// Calls each handler, and checks its result.
fn direct(handlers: usize) -> Run {
    let order = messages::order();
    Box::new(move || {
        for _ in 0..handlers {
            if black_box(handle(&order)).is_err() {
                panic!("no order should be too large");
            }
        }
    })
}

fn observers(handlers: usize) -> Run {
    let mut world = World::new();
    for _ in 0..handlers {
        world.add_observer(|placed: On<Placed>| drop(black_box(handle(&placed.0))));
    }
    world.flush();
    let (world, order) = (RefCell::new(world), Arc::new(messages::order()));
    Box::new(move || world.borrow_mut().trigger(Placed(Arc::clone(&order))))
}

/// Sends to receivers that each call a handler.
fn channel(handlers: usize) -> Run {
    let (sender, _) = broadcast::channel::<Arc<OrderPlaced>>(16);
    let receivers: Vec<_> = (0..handlers).map(|_| sender.subscribe()).collect();
    let (receivers, order) = (RefCell::new(receivers), Arc::new(messages::order()));
    Box::new(move || {
        assert!(sender.send(Arc::clone(&order)).is_ok());
        for receiver in receivers.borrow_mut().iter_mut() {
            let order = receiver.try_recv().unwrap();
            let _ = black_box(handle(&order));
        }
    })
}

/// Returns the number of typed handlers of a case, if the other libraries have an equivalent.
fn handlers(name: &str) -> Option<usize> {
    let count = name.strip_prefix("dispatch to ")?;
    count.split_whitespace().next()?.parse().ok()
}

fn main() {
    println!("| | eventkit | direct calls | bevy_ecs observers | tokio broadcast |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for case in dispatch::all() {
        let name = case.name.clone();
        let own: Run = Box::new(move || case.run());
        let others = handlers(&name).map(|count| [direct(count), observers(count), channel(count)]);
        let runs: Vec<&dyn Fn()> = std::iter::once(&own)
            .chain(others.iter().flatten())
            .map(|run| &**run)
            .collect();
        let mut times: Vec<String> = race(&runs).into_iter().map(shown).collect();
        times.resize(4, String::new());
        println!("| {name} | {} |", times.join(" | "));
    }
}
