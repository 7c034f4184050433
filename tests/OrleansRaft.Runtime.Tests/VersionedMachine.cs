using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A list of lines, to which each upgrade adds one: at whichever entry it is upgraded, that is where the line stands.</summary>
internal sealed class VersionedMachine(int newest, int oldest = 1) : IStateMachine<string, string>, IVersionedStateMachine
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    public Action? OnUpgrade { get; set; }

    public int NewestVersion => newest;

    public int OldestVersion => oldest;

    public int Version { get; set; } = 1;

    public static StateMachineHost<string, string> Host(VersionedMachine machine) => new(machine, new TextCodec(), new TextCodec()) { Program = 1 };

    public void Upgrade(int from, int to)
    {
        OnUpgrade?.Invoke();
        lines.Add($"from {from} to {to}");
    }

    public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            lines.Add(commands[i].Value);
            results[i] = $"{lines.Count}:{commands[i].Value}@{Version}";
        }
    }

    public string Query(in Command<string> query) => $"{string.Join(',', lines)}@{Version}";

    public void Capture(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(Version);
        foreach (var line in lines)
        {
            writer.WriteString(line);
        }
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        lines.Clear();
        if (snapshot.IsEmpty)
        {
            return;
        }

        var reader = new WireReader(snapshot);
        reader.ReadVarint().ShouldBe(Version, "a machine is restored at the version at which it was captured");
        while (reader.Remaining > 0)
        {
            lines.Add(reader.ReadString());
        }
    }
}
