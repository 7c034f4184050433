namespace OrleansRaft.Cli.Maelstrom;

/// <summary>What a client asks of one key. The values are part of the binary form.</summary>
internal enum KvAction
{
    /// <summary>What is there?</summary>
    Read = 0,

    /// <summary>Put a value there.</summary>
    Write = 1,

    /// <summary>Put a value there, if another one is.</summary>
    CompareAndSet = 2,

    /// <summary>The same, or if nothing is.</summary>
    CompareAndSetOrCreate = 3,
}

/// <summary>How it went. The values are part of the binary form.</summary>
internal enum KvAnswer
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>There is no such key.</summary>
    NoSuchKey = 1,

    /// <summary>Another value is there.</summary>
    OtherValue = 2,
}

/// <summary>A command or query; keys and values are canonical JSON.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Key">Where.</param>
/// <param name="Expected">What must be there; empty unless the action compares.</param>
/// <param name="Value">What to put there; empty for a read.</param>
internal sealed record KvCommand(KvAction Action, string Key, string Expected, string Value);

/// <summary>The answer.</summary>
/// <param name="Answer">How it went.</param>
/// <param name="Value">What was found there, of a read and of a comparison that failed; otherwise empty.</param>
internal sealed record KvResult(KvAnswer Answer, string Value);
