using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>A node of Jepsen's Maelstrom: lines in, lines out, one replica. Everything happens on one turn after the other.</summary>
internal sealed class MaelstromNode : IAsyncDisposable
{
    private const int EarlyMax = 1_000;

    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(8);

    private readonly string directory;
    private readonly ILogger logger;
    private readonly MaelstromWriter writer = new();
    private readonly Channel<Action> turns = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });

    // What arrives before the node knows who it is waits: refusing it by a definite error would be wrong if a second copy comes later.
    private readonly Queue<MaelstromMessage> early = new();
    private readonly List<MaelstromMessage> inits = [];

    private string name = "";
    private string[] nodes = [];
    private MaelstromReplica? replica;
    private MaelstromRequests? requests;
    private Exception? failure;

    /// <summary>Makes a node that knows nothing yet.</summary>
    /// <param name="directory">Under which every node has a directory of its own.</param>
    /// <param name="logger">For people.</param>
    public MaelstromNode(string directory, ILogger logger) => (this.directory, this.logger) = (directory, logger);

    /// <summary>Takes part until the input ends.</summary>
    /// <returns>Null, or what made it impossible to go on.</returns>
    public async Task<Exception?> RunAsync(TextReader input, TextWriter output, CancellationToken cancellation)
    {
        var writing = writer.RunAsync(output);
        using var stop = cancellation.Register(() => turns.Writer.TryComplete());
        using var ticks = new Timer(_ => Post(OnTick), null, MaelstromReplica.Options.TickInterval, MaelstromReplica.Options.TickInterval);
        _ = ReadAsync(input);
        await foreach (var turn in turns.Reader.ReadAllAsync(CancellationToken.None))
        {
            turn();
        }

        replica?.Driver.Stop();
        writer.Complete();
        await writing;
        return failure;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => replica?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Post(Action turn) => turns.Writer.TryWrite(turn);

    private async Task ReadAsync(TextReader input)
    {
        // Reading from the console blocks, whatever its name says.
        await Task.Yield();
        while (await input.ReadLineAsync() is { } line)
        {
            Post(() => OnLine(line));
        }

        turns.Writer.TryComplete();
    }

    private void OnLine(string line)
    {
        try
        {
            OnMessage(MaelstromMessage.Parse(line));
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException)
        {
            // A text may hold half of a character, which is found when it is read.
            Log.LineIgnored(logger, problem.Message);
        }
    }

    private void OnMessage(MaelstromMessage message)
    {
        switch (message.Type)
        {
            case "init":
                OnInit(message);
                break;
            case "echo":
                Reply(message, "echo_ok", body =>
                {
                    if (message.Field("echo") is { } echo)
                    {
                        body.WritePropertyName("echo");
                        echo.WriteTo(body);
                    }
                });
                break;
            case "read" or "write" or "cas" or "raft" or "forward" or "forwarded" when replica is null:
                Recall(message.Destination);
                if (early.Count < EarlyMax)
                {
                    early.Enqueue(message);
                }

                break;
            case "read" or "write" or "cas":
                OnRequest(message);
                break;
            case "raft":
                if (ReplicaOf(message.Source) is not { } from || !Decode(message, "data", out var data) || !replica!.Receive(from, data))
                {
                    Log.LineIgnored(logger, $"the message of {message.Source} is damaged, or not from a node of this cluster");
                }

                break;
            case "forward":
                OnForward(message);
                break;
            case "forwarded":
                OnForwarded(message);
                break;
            default:
                Refuse(message, MaelstromError.NotSupported, $"This node does not know '{message.Type}'.");
                break;
        }
    }

    private void OnInit(MaelstromMessage message)
    {
        string[] all = message.Field("node_ids") is { ValueKind: JsonValueKind.Array } ids
            ? [
                .. ids.EnumerateArray()
                    .Where(id => id.ValueKind == JsonValueKind.String)
                    .Select(id => id.GetString()!)
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        var self = message.TextField("node_id");
        if (self.Length == 0 || !all.Contains(self) || all.Length > MembershipChange.MembersMax)
        {
            Refuse(message, MaelstromError.MalformedRequest, "init names the node by node_id, and all nodes by node_ids.");
        }
        else if (name.Length > 0 && (self != name || !all.SequenceEqual(nodes)))
        {
            Refuse(message, MaelstromError.MalformedRequest, $"This node is {name} of {string.Join(", ", nodes)} already.");
        }
        else if (replica is not null)
        {
            Reply(message, "init_ok");
        }
        else
        {
            // Copies that come while the log is opened are answered together.
            inits.Add(message);
            Become(self, all);
        }
    }

    /// <summary>A node that was started again may be spoken to before anybody introduces it: its directory knows who it was.</summary>
    private void Recall(string self)
    {
        if (name.Length == 0 && self.Length > 0 && RememberedNodes.Read(DirectoryOf(self)) is { } all && all.Contains(self))
        {
            Become(self, all);
        }
    }

    private void Become(string self, string[] all)
    {
        if (name.Length == 0)
        {
            (name, nodes) = (self, all);
            _ = StartAsync();
        }
    }

    private async Task StartAsync()
    {
        try
        {
            var opened = await OpenAsync();
            Post(() => Begin(opened));
        }
        catch (Exception exception)
        {
            Post(() =>
            {
                inits.ForEach(init => Refuse(init, MaelstromError.Abort, exception.Message));
                Fail(exception);
            });
        }
    }

    /// <summary>A predecessor that was killed may take a moment to let go of its directory.</summary>
    private async Task<MaelstromReplica> OpenAsync()
    {
        var own = DirectoryOf(name);
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var opened = await MaelstromReplica.StartAsync(
                    own,
                    $"maelstrom {name} of {string.Join(' ', nodes)}",
                    Array.IndexOf(nodes, name) + 1,
                    nodes.Length,
                    Post,
                    SendRaft,
                    Fail,
                    logger);
                RememberedNodes.Write(own, nodes);
                return opened;
            }
            catch (StoreRefusedException refusal) when (refusal.InnerException is IOException
                && TimeProvider.System.GetElapsedTime(began) < OpenPatience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private string DirectoryOf(string node) => Path.Combine(
        directory,
        node.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? node
            : Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(node)));

    private void Begin(MaelstromReplica opened)
    {
        replica = opened;
        requests = new MaelstromRequests(opened, Answer, Forward, TimeProvider.System);
        opened.Begin();
        inits.ForEach(init => Reply(init, "init_ok"));
        while (early.TryDequeue(out var message))
        {
            OnMessage(message);
        }
    }

    private void OnTick()
    {
        if (replica is not null)
        {
            replica.Driver.Tick();
            requests!.OnTick();
        }
    }

    private void OnRequest(MaelstromMessage message)
    {
        try
        {
            requests!.Serve(message);
        }
        catch (FormatException problem)
        {
            Refuse(message, MaelstromError.MalformedRequest, problem.Message);
        }
    }

    private void Answer(MaelstromRequest request, KvResult? result, MaelstromError error, string text)
    {
        if (result is { Answer: KvAnswer.Ok })
        {
            var type = request.Command.Action switch { KvAction.Read => "read_ok", KvAction.Write => "write_ok", _ => "cas_ok" };
            writer.Send(name, request.Client, type, request.MessageId, body =>
            {
                if (request.IsRead)
                {
                    body.WritePropertyName("value");
                    body.WriteRawValue(result.Value);
                }
            });
        }
        else
        {
            SendError(request.Client, request.MessageId, error, text, result is { Answer: KvAnswer.OtherValue } ? result.Value : null);
        }
    }

    private void Forward(ReplicaId leader, long number, ReadOnlyMemory<byte> command, string requestId)
    {
        if (leader.Value <= nodes.Length)
        {
            writer.Send(name, nodes[leader.Value - 1], "forward", null, body =>
            {
                body.WriteNumber("number", number);
                body.WriteString("request", requestId);
                body.WriteBase64String("command", command.Span);
            });
        }
    }

    private void OnForward(MaelstromMessage message)
    {
        if (ReplicaOf(message.Source) is null || message.NumberField("number") is not { } number || !Decode(message, "command", out var command)
            || message.TextField("request") is not { Length: > 0 and <= CommandEnvelope.RequestIdLengthMax } requestId)
        {
            Log.LineIgnored(logger, $"the forwarded request of {message.Source} is damaged, or not from a node of this cluster");
            return;
        }

        requests!.Submit(requestId, command, reply => writer.Send(name, message.Source, "forwarded", null, body =>
        {
            body.WriteNumber("number", number);
            body.WriteString("request", requestId);
            if (reply.Kind == ReplyKind.Committed)
            {
                body.WriteBase64String("result", reply.Body.Span);
            }
        }));
    }

    private void OnForwarded(MaelstromMessage message)
    {
        try
        {
            if (ReplicaOf(message.Source) is not null && message.NumberField("number") is { } number)
            {
                requests!.OnForwarded(
                    number, message.TextField("request"), Decode(message, "result", out var result) ? KvResultCodec.Instance.Read(result) : null);
            }
        }
        catch (CorruptDataException damage)
        {
            Log.LineIgnored(logger, damage.Message);
        }
    }

    private ReplicaId? ReplicaOf(string node) => Array.IndexOf(nodes, node) is >= 0 and var place && node != name ? new ReplicaId(place + 1) : null;

    private static bool Decode(MaelstromMessage message, string field, out ReadOnlyMemory<byte> bytes)
    {
        byte[]? decoded = null;
        var isThere = message.Field(field) is { ValueKind: JsonValueKind.String } text && text.TryGetBytesFromBase64(out decoded);
        bytes = decoded;
        return isThere;
    }

    private void SendRaft(ReplicaId to, ReadOnlyMemory<byte> encoded)
    {
        if (to.Value <= nodes.Length)
        {
            writer.Send(name, nodes[to.Value - 1], "raft", null, body => body.WriteBase64String("data", encoded.Span));
        }
    }

    private void Reply(MaelstromMessage request, string type, Action<Utf8JsonWriter>? fields = null) =>
        writer.Send(request.Destination, request.Source, type, request.Id, fields);

    private void Refuse(MaelstromMessage request, MaelstromError error, string text)
    {
        // An answer to an answer could go on for ever.
        if (request.Id is { } id)
        {
            SendError(request.Source, id, error, text);
        }
        else
        {
            Log.LineIgnored(logger, text);
        }
    }

    private void SendError(string destination, long inReplyTo, MaelstromError error, string text, string? found = null) =>
        writer.Send(name, destination, "error", inReplyTo, body =>
        {
            body.WriteNumber("code", (int)error);
            body.WriteString("text", text);
            if (found is not null)
            {
                body.WritePropertyName("found");
                body.WriteRawValue(found);
            }
        });

    private void Fail(Exception cause)
    {
        failure = cause;
        turns.Writer.TryComplete();
    }
}
