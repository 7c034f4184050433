using System.Buffers;
using System.Text;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// A state machine that appends every command to a list, and answers with the list's length and the command. Queries answer the whole list.
/// </summary>
internal sealed class TextMachine : IStateMachine<string, string>
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    public int Batches { get; private set; }

    /// <summary>How often the state was captured.</summary>
    public int Captures { get; private set; }

    /// <summary>What a capture does besides.</summary>
    public Action? OnCapture { get; set; }

    /// <summary>A command that makes the state machine fail.</summary>
    public string? Poison { get; set; }

    /// <summary>How often a poisoned command fails before it does no more; negative for ever.</summary>
    public int PoisonTimes { get; set; } = -1;

    /// <summary>What the application of a command does first.</summary>
    public Action<EntryId, string>? OnCommand { get; set; }

    /// <summary>What a query does first.</summary>
    public Action? OnQuery { get; set; }

    /// <summary>What a restore does first.</summary>
    public Action? OnRestore { get; set; }

    public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
    {
        Batches++;
        for (var i = 0; i < commands.Length; i++)
        {
            OnCommand?.Invoke(commands[i].Entry, commands[i].Value);
            if (commands[i].Value == Poison && PoisonTimes-- != 0)
            {
                throw new InvalidOperationException("poisoned");
            }

            lines.Add($"{commands[i].Key}={commands[i].Value}");
            results[i] = $"{lines.Count}:{commands[i].Value}";
        }
    }

    public string Query(in Command<string> query)
    {
        OnQuery?.Invoke();
        return string.Join(',', lines);
    }

    public void Capture(IBufferWriter<byte> output)
    {
        Captures++;
        OnCapture?.Invoke();
        foreach (var line in lines)
        {
            new WireWriter(output).WriteString(line);
        }
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        OnRestore?.Invoke();
        lines.Clear();
        var reader = new WireReader(snapshot);
        while (reader.Remaining > 0)
        {
            lines.Add(reader.ReadString());
        }
    }
}

/// <summary>Text in UTF-8; a text that begins with "!" cannot be read, one that holds "§" cannot be written.</summary>
internal sealed class TextCodec : ICommandCodec<string>
{
    public void Write(string value, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(
        value.Contains('§', StringComparison.Ordinal) ? throw new NotSupportedException($"'{value}' has no codec") : value));

    public string Read(ReadOnlyMemory<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes.Span);
        return text.StartsWith('!') ? throw new CorruptDataException($"'{text}' is no command") : text;
    }
}
