namespace OrleansRaft.Testbed.Browser;

/// <summary>There is no browser on this machine, and none could be installed.</summary>
public sealed class ChromiumUnavailableException(string message) : Exception(message);
