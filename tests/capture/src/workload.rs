//! What is done at the source: always the same for a seed.

use sluice_tests::database::session::Session;

use crate::kind::{Failed, Kind};
use crate::tables::Table;
use crate::traffic::{Draw, TRAFFIC, Traffic};

/// A session at the source, and the state of its random numbers.
#[derive(Debug)]
pub(crate) struct Workload<'a> {
    kind: Kind,
    session: &'a Session,
    tables: &'a [Table],
    rng: fastrand::Rng,
    fences: u32,
    weights: u32,
    renamed: bool,
    /// How many statements were committed.
    pub(crate) changes: u64,
}

impl<'a> Workload<'a> {
    /// For a source whose tables have been made.
    pub(crate) fn new(kind: Kind, session: &'a Session, tables: &'a [Table], seed: u64) -> Self {
        let weights = TRAFFIC.iter().map(|traffic| traffic.weight).sum();
        let rng = fastrand::Rng::with_seed(seed);
        Self { kind, session, tables, rng, fences: 0, weights, renamed: false, changes: 0 }
    }

    /// The tables that change at one moment only, and the edge values, before the snapshot.
    pub(crate) async fn begin(&mut self, changes: u32) -> Result<(), Failed> {
        self.edge_values(0).await?;
        let rows: Vec<_> = (0..1000).map(|id| format!("({id}, 0)")).collect();
        self.say(&format!("INSERT INTO bulk (id, v) VALUES {}", rows.join(", "))).await?;
        self.transactions(changes).await
    }

    /// While changes are streamed: edge values again, in new rows.
    pub(crate) async fn stream(&mut self, changes: u32) -> Result<(), Failed> {
        self.edge_values(1000).await?;
        self.transactions(changes).await?;
        // One transaction of a thousand rows, and one that is rolled back.
        self.say("UPDATE bulk SET v = v + 1").await?;
        self.say("BEGIN").await?;
        self.say("UPDATE bulk SET v = 99").await?;
        self.say("ROLLBACK").await
    }

    /// After the tables have changed: all rows of edge values get other ones.
    pub(crate) async fn finish(&mut self, changes: u32) -> Result<(), Failed> {
        self.renamed = true;
        for id in 0..20 {
            self.say(&format!("INSERT INTO late (id, v) VALUES ({id}, 'x{id}')")).await?;
            self.say(&format!("INSERT INTO trunc (id, v) VALUES ({id}, 'after')")).await?;
        }
        self.say("UPDATE evo SET c = CONCAT(c, '+') WHERE id < 20").await?;
        self.say("UPDATE bulk SET v = v + 1 WHERE id < 500").await?;
        self.say("DELETE FROM bulk WHERE id >= 900").await?;
        self.other_values().await?;
        self.transactions(changes).await
    }

    /// A record by which the end of what was done so far is known: its number.
    pub(crate) async fn fence(&mut self) -> Result<u32, Failed> {
        self.fences += 1;
        self.say(&format!("INSERT INTO fence (id) VALUES ({})", self.fences)).await?;
        Ok(self.fences)
    }

    async fn edge_values(&mut self, first: usize) -> Result<(), Failed> {
        let tables = self.tables;
        for table in tables.iter().filter(|table| table.is_of_types()) {
            let mut id = first;
            for column in &table.columns {
                for value in &column.values {
                    id += 1;
                    let (name, column) = (&table.name, &column.name);
                    let insert =
                        format!("INSERT INTO \"{name}\" (id, n, \"{column}\") VALUES ({id}, 0, ");
                    self.say(&format!("{}{value})", self.kind.spell(&insert))).await?;
                }
            }
        }
        Ok(())
    }

    /// Each row of edge values is touched, every third gets its column's next value.
    async fn other_values(&mut self) -> Result<(), Failed> {
        let tables = self.tables;
        for table in tables.iter().filter(|table| table.is_of_types()) {
            let mut id = 0;
            for column in &table.columns {
                for place in 0..column.values.len() {
                    id += 1;
                    let next = &column.values[(place + 1) % column.values.len()];
                    let update = format!("UPDATE {} SET n = n + 1", table.name);
                    self.say(&format!("{update} WHERE id = {}", 1000 + id)).await?;
                    let set = self.kind.spell(&format!(", \"{}\" = ", column.name));
                    let set = if id % 3 == 0 { set + next } else { String::new() };
                    self.say(&format!("{update}{set} WHERE id = {id}")).await?;
                }
            }
        }
        Ok(())
    }

    /// Until that many statements were committed. One transaction of twenty is rolled back.
    async fn transactions(&mut self, changes: u32) -> Result<(), Failed> {
        let end = self.changes + u64::from(changes);
        while self.changes < end {
            let length = self.rng.usize(1..6);
            let statements: Vec<_> = (0..length).map(|_| self.statement()).collect();
            self.session.run("BEGIN").await?;
            let mut sound = self.rng.u8(..20) != 0;
            for statement in &statements {
                // A constraint that is broken here is broken for every run of this seed.
                sound = sound && self.session.run(statement).await.is_ok();
            }
            self.session.run(if sound { "COMMIT" } else { "ROLLBACK" }).await?;
            self.changes += if sound { statements.len() as u64 } else { 0 };
            if self.rng.u8(..10) == 0 {
                self.swap().await?;
            }
        }
        Ok(())
    }

    /// Two unique values change places, by way of a third.
    async fn swap(&mut self) -> Result<(), Failed> {
        let (one, two) = (self.rng.u32(..30), self.rng.u32(..30));
        let found = format!("SELECT id, email FROM uniq WHERE id IN ({one}, {two}) ORDER BY id");
        let found = self.session.query(&found).await?;
        let [one, two] = &found[..] else { return Ok(()) };
        let (Some(email), Some(other)) = (one.text(1), two.text(1)) else { return Ok(()) };
        let (one, two): (u32, u32) = (one.get(0), two.get(0));
        let set = |id, email: &str| format!("UPDATE uniq SET email = '{email}' WHERE id = {id}");
        let passing = format!("p{}", self.changes);
        for statement in
            ["BEGIN", &set(one, &passing), &set(two, email), &set(one, other), "COMMIT"]
        {
            self.say(statement).await?;
        }
        self.changes += 3;
        Ok(())
    }

    fn statement(&mut self) -> String {
        loop {
            let mut place = self.rng.u32(..self.weights);
            let chosen = TRAFFIC.iter().find(|traffic| {
                let here = place < traffic.weight;
                place = place.saturating_sub(traffic.weight);
                here
            });
            let Some(traffic) = chosen else { continue };
            if self.tables.iter().any(|table| table.name == traffic.table) {
                return self.of(traffic);
            }
        }
    }

    fn of(&mut self, traffic: &Traffic) -> String {
        let keys = self.literals(traffic.keys);
        let some = self.rng.usize(1..=traffic.sets.len());
        let mut sets = self.literals(&traffic.sets[..some]);
        if traffic.table == "evo" && self.renamed {
            sets.iter_mut().for_each(|(name, _)| *name = "c");
        }
        let list = |pairs: &[(&str, String)], between: &str| {
            let pairs = pairs.iter().map(|(name, value)| format!("\"{name}\" = {value}"));
            pairs.collect::<Vec<_>>().join(between)
        };
        let (table, found) = (traffic.table, list(&keys, " AND "));
        let sql = match self.rng.u8(..10) {
            0 | 1 => format!("DELETE FROM \"{table}\" WHERE {found}"),
            2 => {
                let other = self.literals(traffic.keys);
                let taken = list(&other, " AND ");
                format!(
                    "UPDATE \"{table}\" SET {} WHERE {found} AND NOT EXISTS \
                     (SELECT 1 FROM (SELECT * FROM \"{table}\") AS t WHERE {taken})",
                    list(&other, ", ")
                )
            }
            3..=5 => format!("UPDATE \"{table}\" SET {} WHERE {found}", list(&sets, ", ")),
            _ => {
                let all: Vec<_> = keys.iter().chain(&sets).cloned().collect();
                let names: Vec<_> = all.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                let values: Vec<_> = all.into_iter().map(|(_, value)| value).collect();
                let (names, values) = (names.join(", "), values.join(", "));
                format!(
                    "INSERT INTO \"{table}\" ({names}) SELECT {values} FROM (SELECT 1 AS one) AS one \
                     WHERE NOT EXISTS (SELECT 1 FROM \"{table}\" WHERE {found})"
                )
            }
        };
        self.kind.spell(&sql)
    }

    fn literals<'n>(&mut self, draws: &[(&'n str, Draw)]) -> Vec<(&'n str, String)> {
        let literal =
            |(name, draw): &(&'n str, Draw)| (*name, draw.literal(&mut self.rng, self.kind));
        draws.iter().map(literal).collect()
    }

    async fn say(&self, statement: &str) -> Result<(), Failed> {
        let said = self.session.run(statement).await;
        Ok(said.map_err(|error| {
            format!("{error}: {}", statement.chars().take(200).collect::<String>())
        })?)
    }
}
