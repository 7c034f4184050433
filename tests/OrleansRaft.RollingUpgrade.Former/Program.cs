using OrleansRaft.RollingUpgrade;

// A silo of the application's former build, started as the newer one is: with "serve" and its options.
await CounterSilo.RunAsync(args[1..]);
