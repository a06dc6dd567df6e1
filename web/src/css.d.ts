// The style sheets that the build bundles beside the code.
declare module "*.css";
