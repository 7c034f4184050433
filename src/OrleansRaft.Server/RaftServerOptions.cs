namespace OrleansRaft.Server;

/// <summary>The section <c>Raft:Server</c> of a silo's configuration: what is mounted beside the API.</summary>
public sealed class RaftServerOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft:Server";

    /// <summary>
    /// Whether <c>/</c> shows the start page, with the views that applications add. Turn it off in an application with a page of its own.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool StartPage { get; set; } = true;

    /// <summary>
    /// Whether <c>/openapi/v1.json</c> describes the API, and <c>/scalar</c> shows the description. Its document holds nothing else.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool OpenApi { get; set; } = true;

    /// <summary>The first sentence of the API's description: what this API is for.</summary>
    public string About { get; set; } = "The Raft groups of a cluster.";

    /// <summary>
    /// Whether <c>/dashboard</c> shows Orleans' dashboard, which becomes a part of the silo. It gathers Orleans' metrics from when somebody opens it
    /// for the first time, looks at every grain call while somebody has it open, and counts the silo's activations every ten seconds.
    /// </summary>
    /// <value>The default is <see langword="false"/>; <c>oraft</c> turns it on.</value>
    public bool Dashboard { get; set; }
}
