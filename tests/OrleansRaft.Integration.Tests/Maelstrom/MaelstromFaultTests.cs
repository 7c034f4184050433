using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRaft.Simulation.Checking;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Integration.Tests.Maelstrom;

/// <summary>
/// Clients on a network that loses, repeats and delays messages, while nodes are cut off and killed: the history must be linearizable.
/// </summary>
/// <remarks>ORAFT_MAELSTROM_SEED chooses the seed, ORAFT_MAELSTROM_SECONDS for how long.</remarks>
public sealed class MaelstromFaultTests(ITestOutputHelper output)
{
    private const int Clients = 5;
    private const int Keys = 4;
    private const int WritesAnsweredMin = 20;

    private readonly List<Operation> history = [];
    private int lastProcess;
    private long step;

    [Fact]
    public async Task Every_history_is_linearizable_whatever_the_network_does()
    {
        var seed = int.Parse(
            Environment.GetEnvironmentVariable("ORAFT_MAELSTROM_SEED") ?? $"{Environment.TickCount & 0xFFFF}", CultureInfo.InvariantCulture);
        var seconds = int.Parse(Environment.GetEnvironmentVariable("ORAFT_MAELSTROM_SECONDS") ?? "8", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        await using var network = new MaelstromNetwork(3, seed);
        await network.StartAllAsync();
        network.Faults = (0.03, 0.1, 0.1);

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var clients = Enumerable.Range(0, Clients).Select(client => WorkAsync(network, new Random(seed + client), end.Token)).ToArray();
        await BreakAsync(network, new Random(seed - 1), end.Token);
        network.Faults = default;
        network.Passes = (_, _) => true;
        await Task.WhenAll(clients);

        for (var key = 0; key < Keys; key++)
        {
            foreach (var node in network.Names)
            {
                var read = Begin(key, new RegisterCommand(0, RegisterAction.Read, 0, 0));
                Note(read, await network.AskAsync(node, MaelstromTests.Read($"{key}")));
            }
        }

        output.WriteLine($"{history.Count} operations, {history.Count(operation => operation.Status == OperationStatus.Completed)} answered");
        foreach (var one in history.GroupBy(operation => operation.Key))
        {
            Linearizability.Check(one, _ => null).ShouldBe(Verdict.Linearizable, $"seed {seed}, key {one.Key}:\n{string.Join('\n', one)}");
        }
    }

    private async Task WorkAsync(MaelstromNetwork network, Random random, CancellationToken end)
    {
        var client = Interlocked.Increment(ref lastProcess);
        while (!end.IsCancellationRequested || CountAnsweredWrites() < WritesAnsweredMin)
        {
            var key = random.Next(Keys);
            var value = random.Next(1, 5);
            var command = random.Next(3) switch
            {
                0 => new RegisterCommand(0, RegisterAction.Read, 0, 0),
                1 => new RegisterCommand(0, RegisterAction.Set, value, 0),
                _ => new RegisterCommand(0, RegisterAction.CompareAndSet, value, random.Next(1, 5)),
            };
            var body = command.Action switch
            {
                RegisterAction.Read => MaelstromTests.Read($"{key}"),
                RegisterAction.Set => MaelstromTests.Write($"{key}", $"{value}"),
                _ => MaelstromTests.Cas($"{key}", $"{command.Expected}", $"{value}"),
            };

            var operation = Begin(key, command);
            var answer = await network.CallAsync($"c{client}", network.Names[random.Next(network.Names.Length)], body, TimeSpan.FromSeconds(2));
            if (!Note(operation, answer))
            {
                // Nobody knows what became of it, so its client is never heard of again.
                client = Interlocked.Increment(ref lastProcess);
            }
        }
    }

    private static async Task BreakAsync(MaelstromNetwork network, Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var victim = network.Names[random.Next(network.Names.Length)];
            switch (random.Next(4))
            {
                case 0:
                    network.Passes = (_, _) => true;
                    break;
                case 1:
                    network.Passes = (from, to) => from[0] == 'c' || (from != victim && to != victim);
                    break;
                case 2:
                    network.Passes = (from, to) => from[0] == 'c' || to != victim;
                    break;
                default:
                    await network.KillAsync(victim);
                    await network.StartAsync(victim);
                    break;
            }

            try
            {
                await Task.Delay(random.Next(200, 1_200), end);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A history that hardly holds a write shows nothing, so on a slow machine the clients go on when the faults have ended.</summary>
    private int CountAnsweredWrites()
    {
        lock (history)
        {
            return history.Count(static operation => operation.Status == OperationStatus.Completed && operation.IsWrite);
        }
    }

    private Operation Begin(int key, RegisterCommand command)
    {
        lock (history)
        {
            var operation = new Operation(history.Count, 0, "maelstrom", $"{key}", command, ReadConsistency.Linearizable, ++step);
            history.Add(operation);
            return operation;
        }
    }

    /// <summary>Takes an answer down. False when it leaves open what happened.</summary>
    private bool Note(Operation operation, JsonObject? answer)
    {
        lock (history)
        {
            step++;
            switch ((string?)answer?["type"], (int?)answer?["code"])
            {
                case ("read_ok", _):
                    Complete(true, answer!["value"]!.GetValue<long>());
                    return true;
                case ("write_ok" or "cas_ok", _):
                    Complete(true, operation.Command.Value);
                    return true;
                case ("error", 20):
                    Complete(!operation.IsWrite, 0);
                    return true;
                case ("error", 22):
                    Complete(false, answer!["found"]!.GetValue<long>());
                    return true;
                case ("error", 10 or 11 or 12 or 14):
                    operation.Refuse();
                    return true;
                default:
                    return false;
            }
        }

        void Complete(bool succeeded, long value) => operation.Complete(new RegisterResult(succeeded, value), EntryId.Zero, step);
    }
}
