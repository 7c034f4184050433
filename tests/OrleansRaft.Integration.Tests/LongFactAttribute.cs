using System.Runtime.CompilerServices;

namespace OrleansRaft.Integration.Tests;

/// <summary>
/// A test that takes ten seconds of processor time or more. CI runs it, and so does any run with <c>CI=true</c>. Without that it is skipped and
/// says so, so that it takes minutes to see that a fresh clone works.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LongFactAttribute : FactAttribute
{
    public LongFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = LongTests.Reason;
        SkipType = typeof(LongTests);
        SkipUnless = nameof(LongTests.Run);
    }
}

/// <summary>When tests that take long are run.</summary>
public static class LongTests
{
    public const string Reason = "It takes long: it runs on CI, in .ci/run, and wherever CI=true.";

    public static bool Run => Environment.GetEnvironmentVariable("CI") == "true";
}
