using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Maelstrom;

/// <summary>
/// A network of real processes, joined by their pipes. Messages may be lost, repeated and delayed as a seed says; nodes are killed by SIGKILL.
/// </summary>
internal sealed class MaelstromNetwork : IAsyncDisposable
{
    /// <summary>The client whose messages always arrive.</summary>
    private const string Operator = "c0";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("oraft-maelstrom-");
    private readonly ConcurrentDictionary<string, (Process Process, Lock Pipe)> processes = [];
    private readonly ConcurrentDictionary<(string Client, long Id), TaskCompletionSource<JsonObject>> waiting = [];
    private readonly ConcurrentQueue<string> errors = new();
    private readonly Random random;
    private long lastId;

    public MaelstromNetwork(int nodes, int seed = 0)
    {
        random = new Random(seed);
        Names = [.. Enumerable.Range(1, nodes).Select(number => $"n{number}")];
    }

    public string[] Names { get; }

    /// <summary>How often a message is lost, repeated, or delayed by some milliseconds.</summary>
    public (double Lost, double Repeated, double Delayed) Faults { get; set; }

    /// <summary>Decides whether a message passes.</summary>
    public Func<string, string, bool> Passes { get; set; } = (_, _) => true;

    /// <summary>What nodes wrote to stderr, for the message of a failed test.</summary>
    public string Errors => string.Join('\n', errors.TakeLast(40));

    public async Task StartAllAsync()
    {
        await Task.WhenAll(Names.Select(StartAsync));
    }

    /// <summary>Starts a node, with what it has on disk, and initializes it.</summary>
    public async Task StartAsync(string name)
    {
        StartProcess(name);
        var init = new JsonObject
        {
            ["type"] = "init",
            ["node_id"] = name,
            ["node_ids"] = new JsonArray([.. Names.Select(node => JsonValue.Create(node))]),
        };
        var answer = await CallAsync(Operator, name, init, TimeSpan.FromMinutes(2)) ?? throw new TimeoutException($"{name} did not start:\n{Errors}");
        ((string)answer["type"]!).ShouldBe("init_ok", Errors);
    }

    /// <summary>Starts a node, with what it has on disk, and tells it nothing.</summary>
    public void StartProcess(string name)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, [OraftProcess.Program, "maelstrom", "--data", Path.Combine(directory.FullName, name)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_gcServer"] = "0";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Route(line.Data);
        process.ErrorDataReceived += (_, line) => errors.Enqueue($"{name}: {line.Data}");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        processes[name] = (process, new Lock());
    }

    /// <summary>Kills a node by SIGKILL.</summary>
    public async Task KillAsync(string name)
    {
        if (processes.TryRemove(name, out var node))
        {
            node.Process.Kill();
            await node.Process.WaitForExitAsync();
            node.Process.Dispose();
        }
    }

    /// <summary>A client's request, sent in some copies, and the body of its answer; null when none came in time.</summary>
    public async Task<JsonObject?> CallAsync(string client, string node, JsonObject body, TimeSpan patience, int copies = 1)
    {
        var id = Interlocked.Increment(ref lastId);
        body["msg_id"] = id;
        var answer = waiting[(client, id)] = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        var line = new JsonObject { ["src"] = client, ["dest"] = node, ["body"] = body }.ToJsonString();
        for (var copy = 0; copy < copies; copy++)
        {
            if (client == Operator)
            {
                Deliver(node, line);
            }
            else
            {
                Send(client, node, line);
            }
        }

        try
        {
            return await answer.Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            waiting.TryRemove((client, id), out _);
        }
    }

    /// <summary>A request that is repeated, as another request, until it has an answer that is no error for want of a leader.</summary>
    public async Task<JsonObject> AskAsync(string node, JsonObject body)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMinutes(3))
        {
            var answer = await CallAsync(Operator, node, (JsonObject)body.DeepClone(), TimeSpan.FromSeconds(6));
            if (answer is not null && (int?)answer["code"] is null or 20 or 22)
            {
                return answer!;
            }
        }

        throw new TimeoutException($"{node} does not serve {body.ToJsonString()}:\n{Errors}");
    }

    /// <summary>Writes a line to a node's standard input as it is.</summary>
    public void Deliver(string node, string line)
    {
        if (!processes.TryGetValue(node, out var receiver))
        {
            return;
        }

        lock (receiver.Pipe)
        {
            try
            {
                receiver.Process.StandardInput.WriteLine(line);
                receiver.Process.StandardInput.Flush();
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // It was killed meanwhile: the message is lost.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in Names)
        {
            await KillAsync(name);
        }

        directory.Delete(recursive: true);
    }

    private void Route(string? line)
    {
        if (line is null)
        {
            return;
        }

        var message = JsonNode.Parse(line)!;
        var (source, destination) = ((string)message["src"]!, (string)message["dest"]!);
        if (Names.Contains(destination))
        {
            Send(source, destination, line);
            return;
        }

        var body = message["body"]!.AsObject();
        var isReliable = destination == Operator;
        if (body["in_reply_to"] is { } id && waiting.TryGetValue((destination, (long)id), out var answer) && (isReliable || !Chance(Faults.Lost)))
        {
            answer.TrySetResult(body);
        }
    }

    private void Send(string source, string destination, string line)
    {
        if (!Passes(source, destination) || Chance(Faults.Lost))
        {
            return;
        }

        for (var copies = Chance(Faults.Repeated) ? 2 : 1; copies > 0; copies--)
        {
            if (Chance(Faults.Delayed))
            {
                _ = DeliverLaterAsync(destination, line);
            }
            else
            {
                Deliver(destination, line);
            }
        }
    }

    private async Task DeliverLaterAsync(string destination, string line)
    {
        await Task.Delay(Draw(1, 400));
        Deliver(destination, line);
    }

    private bool Chance(double probability) => Draw(0, 1_000_000) < probability * 1_000_000;

    private int Draw(int from, int to)
    {
        lock (random)
        {
            return random.Next(from, to);
        }
    }
}
