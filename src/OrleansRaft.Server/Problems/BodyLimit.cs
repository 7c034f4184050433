namespace OrleansRaft.Server.Problems;

/// <summary>How large a body may be.</summary>
internal static class BodyLimit
{
    /// <summary>The largest body, in bytes.</summary>
    public const int BytesMax = 64 * 1024;
}
